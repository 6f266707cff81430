import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  cwd,
  ended,
  environment,
  events,
  hasLogged,
  learned,
  log,
  main,
  pause,
  prepare,
  resfn,
  start,
  trainSaving,
} from './fixtures/process.ts'

// `script` of util-linux runs a command in a terminal of its own; the test types into it.
const hasTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true

/** Starts a shell command in a terminal that is 80 letters wide. `$resfn` in it is the command. */
const inTerminal = (command: string): ChildProcess => {
  const { CI: _, ...env } = { ...environment, resfn: `${process.execPath} ${main}` }
  return spawn('script', ['-qec', `stty rows 24 cols 80; ${command}`, '/dev/null'], { cwd, env })
}

const written = (child: ChildProcess): Promise<{ readonly code: number | null; readonly text: string }> =>
  new Promise((resolve) => {
    let text = ''
    child.stdout?.on('data', (part: Buffer) => (text += part.toString()))
    child.on('close', (code) => resolve({ code, text }))
  })

const lockOf = (run: string): string => join(cwd, run, 'run.lock')

const pidOf = (run: string): number => (JSON.parse(readFileSync(lockOf(run), 'utf8')) as { readonly pid: number }).pid

/** Waits until the process that trains a run has given it back. */
const isReleased = async (run: string): Promise<void> => {
  for (let i = 0; i < 2000 && existsSync(lockOf(run)); i++) await pause(10)
}

const stepOf = (run: string): number => (JSON.parse(learned(run).run ?? '') as { readonly step: number }).step

/** The run was saved at the last step that it did, and not at the end. */
const isSavedHalfWay = (run: string): void => {
  expect(existsSync(lockOf(run))).toBe(false)
  const steps = events(run).filter(({ type }) => type === 'step')
  expect(steps.length).toBeGreaterThan(15)
  expect(steps.length).toBeLessThan(96)
  expect(stepOf(run)).toBe(steps.at(-1)!.step)
}

// Between two epochs only an interruption saves it.
const train = trainSaving(100_000)

beforeAll(() => {
  prepare()
  expect(resfn([...train, '--out', 'whole'])).toMatchObject({ status: 0 })
}, 300_000)

describe.skipIf(!hasTerminal)('a training in a terminal', () => {
  it('is saved by Ctrl-C, says so, and goes on to the same weights', async () => {
    const child = inTerminal(`exec $resfn ${train.join(' ')} --out typed`)
    const end = written(child)
    await hasLogged('typed', 20, child)
    child.stdin?.write('\u0003')
    const { code, text } = await end
    expect(text).toMatch(/epoch \d\/8 .*ex\/s/)
    expect(text).toContain(`stopped and saved; go on with: resfn train --resume`)
    expect(code).toBe(130)
    isSavedHalfWay('typed')
    expect(resfn(['train', '--resume', 'typed'])).toMatchObject({ status: 0 })
    expect(learned('typed')).toEqual(learned('whole'))
    expect(events('typed')).toEqual(events('whole'))
  }, 120_000)

  it('is saved by SIGTERM', async () => {
    const child = inTerminal(`exec $resfn ${train.join(' ')} --out ended`)
    const end = written(child)
    await hasLogged('ended', 20, child)
    process.kill(pidOf('ended'), 'SIGTERM')
    expect(await end).toMatchObject({ code: 143, text: expect.stringContaining('stopped and saved') as string })
    isSavedHalfWay('ended')
  }, 120_000)

  it('is saved when the terminal is closed', async () => {
    const child = inTerminal(`exec $resfn ${train.join(' ')} --out closed`)
    const end = written(child)
    await hasLogged('closed', 20, child)
    child.kill('SIGKILL')
    await end
    await isReleased('closed')
    isSavedHalfWay('closed')
  }, 120_000)

  it('is saved by Ctrl-C also when nobody reads its progress', async () => {
    const child = inTerminal(`$resfn ${train.join(' ')} --out unread 2>&1 >/dev/null | head -c 1`)
    const end = written(child)
    await hasLogged('unread', 20, child)
    child.stdin?.write('\u0003')
    await end
    await isReleased('unread')
    isSavedHalfWay('unread')
  }, 120_000)
})

describe('a training', () => {
  it('goes on when the reader of its progress ends', async () => {
    const child = start([...train, '--out', 'gone'])
    const end = new Promise((resolve) => child.on('exit', (code) => resolve(code)))
    await new Promise((resolve) => child.stderr?.once('data', resolve))
    child.stderr?.destroy()
    expect(await end).toBe(0)
    expect(existsSync(log('gone'))).toBe(true)
    expect(learned('gone')).toEqual(learned('whole'))
  }, 120_000)

  it('is saved by SIGHUP', async () => {
    const child = start([...train, '--out', 'hung'])
    const end = ended(child)
    await hasLogged('hung', 20, child)
    child.kill('SIGHUP')
    expect(await end).toMatchObject({ code: 129, stderr: expect.stringContaining('stopped and saved') as string })
    isSavedHalfWay('hung')
  }, 120_000)
})
