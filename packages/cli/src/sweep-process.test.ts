import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cwd, ended, events, hasLogged, learned, pause, prepare, resfn, start } from './fixtures/process.ts'

/** Waits until no trial of a sweep is trained any more. */
const isQuiet = async (out: string): Promise<void> => {
  const trials = join(cwd, out, 'trials')
  while (existsSync(trials) && readdirSync(trials).some((trial) => existsSync(join(trials, trial, 'run.lock'))))
    await pause(20)
}

const trials = ['0', '1', '2']
const said = (out: string): unknown =>
  (
    JSON.parse(readFileSync(join(cwd, out, 'results.json'), 'utf8')) as { readonly trials: readonly object[] }
  ).trials.map((row) => ({ ...row, seconds: 0, run: '' }))

const expectSame = (out: string): void => {
  expect(said(out)).toEqual(said('whole'))
  for (const trial of trials) {
    const [here, there] = [join(out, 'trials', trial), join('whole', 'trials', trial)]
    expect(learned(here)).toEqual(learned(there))
    // An evaluation that is interrupted is done again, with the event of its epoch.
    const once = (run: string): readonly string[] => [...new Set(events(run).map((event) => JSON.stringify(event)))]
    expect(once(here)).toEqual(once(there))
  }
}

describe('a sweep in processes', () => {
  const sweep = (out: string): readonly string[] => ['sweep', 'sweep.yaml', '--out', out]

  beforeAll(() => {
    prepare()
    writeFileSync(
      join(cwd, 'sweep.yaml'),
      [
        'method: random',
        'trials: 3',
        'jobs: 2',
        'settings: {preset: lenet-bn, data: images, batch: 5, epochs: 3, save-steps: 3, threads: 1}',
        'parameters: {lr: {from: 0.01, to: 0.5, scale: log}, momentum: [0, 0.9]}',
      ].join('\n'),
    )
    expect(resfn(sweep('whole'))).toMatchObject({ status: 0 })
  }, 300_000)

  it('killed while it trains, leaves no process behind, and goes on to the same results', async () => {
    const child = start(sweep('killed'))
    await hasLogged(join('killed', 'trials', '0'), 10, child)
    child.kill('SIGKILL')
    await ended(child)
    expect(existsSync(join(cwd, 'killed', 'results.json'))).toBe(false)
    // At once, while the trials of the sweep that was killed still save.
    expect(await ended(start(sweep('killed')))).toMatchObject({ code: 0 })
    expectSame('killed')
    await isQuiet('killed')
  }, 120_000)

  it.skipIf(process.platform === 'win32')(
    'ends its trials in order on Ctrl-C, with all saved, and the same command goes on',
    async () => {
      const child = start(sweep('stopped'))
      const end = ended(child)
      // Both train, in whichever order they began.
      for (const trial of ['0', '1']) await hasLogged(join('stopped', 'trials', trial), 4, child)
      child.kill('SIGINT')
      const { code, stderr } = await end
      expect(code).toBe(130)
      expect(stderr).toContain(`stopped and saved; go on with: resfn sweep sweep.yaml --out stopped`)
      await isQuiet('stopped')
      for (const trial of ['0', '1'])
        expect(existsSync(join(cwd, 'stopped', 'trials', trial, 'checkpoint.safetensors'))).toBe(true)
      expect(existsSync(join(cwd, 'stopped', 'sweep.lock'))).toBe(false)
      expect(resfn(sweep('stopped'))).toMatchObject({ status: 0 })
      expectSame('stopped')
    },
    120_000,
  )

  it('is not started twice at once', async () => {
    const first = start(sweep('twice'))
    const end = ended(first)
    await hasLogged(join('twice', 'trials', '0'), 1, first)
    expect(resfn(sweep('twice')).stderr).toMatch(/twice is in use by another resfn \(process \d+\)/)
    expect(await end).toMatchObject({ code: 0 })
  }, 120_000)
})
