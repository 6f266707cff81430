import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { key, uniform } from '@resfn/random'
import { decode } from '@resfn/safetensors'
import { either as E } from 'fp-ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from './fixtures/context.ts'
import { writeImages } from './fixtures/images.ts'

// The command as it is installed: these tests run the build, which `npm test` makes first.
const root = join(import.meta.dirname, '..')
const main = join(root, 'dist', 'main.js')

const cwd = temporaryFolder()
const environment = { ...process.env, CI: '1', XDG_CACHE_HOME: join(cwd, 'cache') }

const resfn = (
  args: readonly string[],
): { readonly stdout: string; readonly stderr: string; readonly status: number | null } =>
  spawnSync(process.execPath, [main, ...args], { cwd, encoding: 'utf8', env: environment })

const start = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [main, ...args], { cwd, env: environment })

const ended = (child: ChildProcess): Promise<{ readonly code: number | null; readonly stderr: string }> =>
  new Promise((resolve) => {
    let stderr = ''
    child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()))
    child.on('close', (code) => resolve({ code, stderr }))
  })

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

const checkpoint = (run: string): string => join(cwd, run, 'checkpoint.safetensors')
const log = (run: string): string => join(cwd, run, 'log.jsonl')

/** Everything that the checkpoint of a run decides: the tensors, and the run without the times that differ from run to run. */
const learned = (run: string): unknown => {
  const file = decode(new Uint8Array(readFileSync(checkpoint(run))))
  if (E.isLeft(file)) throw new Error(file.left.message)
  const { tensors, metadata } = file.right
  return {
    run: metadata.get('run'),
    tensors: [...tensors].map(([name, { data }]) => [name, Buffer.from(data).toString('base64')]),
  }
}

const timed = new Set(['seconds', 'examplesPerSecond'])

const events = (run: string): unknown =>
  readFileSync(log(run), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line, (name, value: unknown) => (timed.has(name) ? undefined : value)) as unknown)

const train = [
  'train',
  '--preset',
  'lenet-bn',
  '--data',
  'images',
  '--batch',
  '5',
  '--epochs',
  '8',
  '--lr',
  '0.5',
  '--momentum',
  '0.9',
  '--save-steps',
  '3',
  '--threads',
  '1',
]

/** Waits until a run has logged so many lines. */
const hasLogged = async (run: string, lines: number, child: ChildProcess): Promise<void> => {
  while (
    child.exitCode === null &&
    (!existsSync(log(run)) || readFileSync(log(run), 'utf8').split('\n').length <= lines)
  )
    await pause(5)
}

describe('the command as a process', () => {
  beforeAll(() => {
    if (!existsSync(main))
      execFileSync(process.execPath, [join(root, '..', '..', 'node_modules', 'typescript', 'bin', 'tsc'), '-b', root])
    writeImages(join(cwd, 'images'))
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
})
