import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { key, uniform } from '@resfn/random'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  checkpoint,
  cwd,
  ended,
  environment,
  events,
  hasLogged,
  learned,
  main,
  pause,
  prepare,
  resfn,
  start,
  trainSaving,
} from './fixtures/process.ts'

const train = trainSaving(3)

describe('the command as a process', () => {
  beforeAll(() => {
    prepare()
    expect(resfn([...train, '--out', 'whole'])).toMatchObject({ status: 0 })
  }, 300_000)

  it('prints one JSON document on standard output', () => {
    const { stdout, stderr, status } = resfn(['summary', 'lenet-bn', '--json'])
    expect({ params: (JSON.parse(stdout) as { readonly params: number }).params, stderr, status }).toEqual({
      params: 44878,
      stderr: '',
      status: 0,
    })
  })

  it.runIf(existsSync('/dev/full'))('says that standard output is full, without a stack', () => {
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', '"$0" "$@" > /dev/full', process.execPath, main, 'nets', '--json'],
      {
        encoding: 'utf8',
      },
    )
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'resfn: cannot write to standard output: the disk is full; free some space\n',
    })
  })

  it.skipIf(process.platform === 'win32')('says that the current folder is gone, without a stack', () => {
    const gone = join(cwd, 'gone')
    const script = 'mkdir "$1" && cd "$1" && rmdir "$1" && exec "$0" "$2" nets'
    const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, gone, main], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'resfn: the current folder does not exist any more; change to another one: cd ~\n',
    })
  })

  it('ends quietly when nobody reads on', async () => {
    const child = start(['nets', '--json'])
    child.stdout?.destroy()
    expect(await ended(child)).toEqual({ code: 0, stderr: '' })
  })

  it('killed at any moment and resumed, ends at the weights and the log of the unbroken run', async () => {
    let child = start([...train, '--out', 'killed'])
    const kills = [0, 17, 70]
    const delays = uniform(key(1), kills.length, { low: 0, high: 25 })
    for (const [i, lines] of kills.entries()) {
      await hasLogged('killed', lines, child)
      // Somewhere in a step, in a save or in an evaluation.
      await pause(delays[i]!)
      child.kill('SIGKILL')
      await ended(child)
      child = start(existsSync(checkpoint('killed')) ? ['train', '--resume', 'killed'] : [...train, '--out', 'killed'])
    }
    expect(await ended(child)).toMatchObject({ code: 0 })
    expect(learned('killed')).toEqual(learned('whole'))
    expect(events('killed')).toEqual(events('whole'))
    expect(existsSync(join(cwd, 'killed', 'report.html'))).toBe(true)
  }, 300_000)

  const interrupted = async (
    run: string,
    signal: 'SIGINT' | 'SIGTERM',
  ): Promise<{ readonly code: number | null; readonly stderr: string }> => {
    const child = start([...train, '--out', run])
    const end = ended(child)
    await hasLogged(run, 20, child)
    child.kill(signal)
    return end
  }

  it('saves on Ctrl-C, says how to go on, and goes on to the same weights', async () => {
    const { code, stderr } = await interrupted('stopped', 'SIGINT')
    expect(code).toBe(130)
    expect(stderr).toContain(`resfn: stopped and saved; go on with: resfn train --resume ${join(cwd, 'stopped')}`)
    expect(resfn(['train', '--resume', 'stopped'])).toMatchObject({ status: 0 })
    expect(learned('stopped')).toEqual(learned('whole'))
    expect(events('stopped')).toEqual(events('whole'))
  }, 120_000)

  it('keeps the old checkpoint when a file cannot be written after SIGTERM saved one, and goes on once it can', async () => {
    expect((await interrupted('full', 'SIGTERM')).code).toBe(143)
    const before = readFileSync(checkpoint('full'))
    // 32 blocks of at most 1024 bytes: enough for the log, not for a checkpoint.
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `ulimit -f 32; exec "$0" "$@"`, process.execPath, main, 'train', '--resume', 'full'],
      { cwd, encoding: 'utf8', env: environment },
    )
    expect(status).toBe(1)
    expect(stderr).toContain(
      `cannot write ${checkpoint('full')}: the file would be larger than is allowed here; raise the limit (ulimit -f); the last checkpoint is kept; go on with: resfn train --resume`,
    )
    expect(readFileSync(checkpoint('full')).equals(before)).toBe(true)
    expect(resfn(['train', '--resume', 'full'])).toMatchObject({ status: 0 })
    expect(learned('full')).toEqual(learned('whole'))
  }, 120_000)

  it('started twice at once with the same --out, trains one run and refuses the other', async () => {
    const both = await Promise.all(
      [0, 1].map((seed) => ended(start([...train, '--out', 'shared', '--seed', `${seed}`]))),
    )
    expect(both.map(({ code }) => code === 0)).toContain(true)
    const refused = both.filter(({ code }) => code !== 0)
    expect(refused.map(({ stderr }) => stderr)).toEqual([
      expect.stringMatching(/shared (is in use by another resfn \(process \d+\)|already holds a run)/),
    ])
    const { settings } = JSON.parse(readFileSync(join(cwd, 'shared', 'args.json'), 'utf8')) as {
      readonly settings: { readonly seed: number }
    }
    expect(both[settings.seed]?.code).toBe(0)
    expect(events('shared').length).toBe(events('whole').length)
    if (settings.seed === 0) expect(learned('shared')).toEqual(learned('whole'))
  }, 120_000)

  it('resumed twice at once, goes on once', async () => {
    await interrupted('twice', 'SIGTERM')
    const both = await Promise.all([0, 1].map(() => ended(start(['train', '--resume', 'twice']))))
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1])
    expect(both.find(({ code }) => code === 1)?.stderr).toContain('twice is in use by another resfn')
    expect(learned('twice')).toEqual(learned('whole'))
    expect(events('twice')).toEqual(events('whole'))
  }, 120_000)
})
