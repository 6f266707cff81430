import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, release, type } from 'node:os'
import { join } from 'node:path'
import { CliError, usageError } from '../error.ts'
import type { Context } from './context.ts'
import { filesOf } from './files.ts'
import { liveLine } from './live-line.ts'
import { command, leaderGone, self, start, startOf } from './processes.ts'

const require = createRequire(import.meta.url)

const versionOf = (path: string): string =>
  (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version

/** The folder of this process, which another one may have removed. */
const workingFolder = (): string => {
  try {
    return process.cwd()
  } catch (error) {
    throw new CliError('MissingFolder', 'the current folder does not exist any more; change to another one: cd ~', {
      cause: error,
    })
  }
}

const live = (): Pick<Context, 'live'> => {
  const { stderr } = process
  return stderr.isTTY === true && process.env['CI'] === undefined ? { live: liveLine(stderr) } : {}
}

/**
 * The first signal asks for a clean end; a second SIGINT or SIGTERM ends the process as always. A closed terminal sends
 * SIGHUP more than once, so a second one does nothing.
 */
const interrupts: Context['interrupts'] = () => {
  const abort = new AbortController()
  const endings = ['SIGINT', 'SIGTERM'] as const
  const onSignal = (name: NodeJS.Signals): void => {
    for (const ending of endings) process.off(ending, onSignal)
    abort.abort(name)
  }
  const handled = [...endings, 'SIGHUP'] as const
  for (const name of handled) process.on(name, onSignal)
  const unwatch = leaderGone(() => onSignal('SIGTERM'))
  const release = (): void => {
    for (const name of handled) process.off(name, onSignal)
    unwatch()
  }
  return { signal: abort.signal, release }
}

/** A picture of the most pixels, with 16 bits and alpha, has less. */
const longestInput = 512 * 2 ** 20

/** All of standard input, unless a person would have to type it. */
const stdin = async (): Promise<Uint8Array> => {
  if (process.stdin.isTTY === true)
    throw usageError('standard input is the keyboard; give a path, or lead a file here: resfn … - < file')
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of process.stdin) {
    length += (part as Uint8Array).length
    if (length > longestInput)
      throw new CliError('TooManyBytes', `standard input: at most ${longestInput} bytes of it are read; give less`)
    parts.push(part as Uint8Array)
  }
  return Buffer.concat(parts)
}

/**
 * The context of this process: its streams, environment, folder, clock, files and signals. Spread it to give a command
 * another of these.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { main, nodeContext } from '@resfn/cli'
 *
 * const lines: string[] = []
 * const stdout = { write: (text: string) => void lines.push(text) }
 * const context = { ...nodeContext(), process: { stdout, stderr: stdout, env: {} } }
 * await main(['summary', 'lenet-bn'], context)
 * assert.match(lines.join(''), /44,878 parameters/)
 * ```
 */
export const nodeContext = (): Context => {
  const cores = availableParallelism()
  return {
    process: { stdout: process.stdout, stderr: process.stderr, env: process.env },
    env: process.env,
    cwd: workingFolder(),
    now: Date.now,
    files: filesOf(),
    stdin,
    // Loaded here: most commands need no cache, and `resfn --help` should start fast.
    cacheFolder: async (name) => (await import('@resfn/cache')).cacheFolder(name),
    ...live(),
    // A terminal that does not know its width says 0.
    columns: () => process.stderr.columns || process.stdout.columns || 80,
    processes: { self: self(), startOf },
    interrupts,
    start,
    command,
    open: async (url) => void (await (await import('open')).default(url)),
    machine: `${cpus()[0]?.model.trim() ?? process.arch}, ${cores === 1 ? '1 core' : `${cores} cores`}, ${type()} ${release()}`,
    versions: {
      resfn: versionOf(join(import.meta.dirname, '..', '..', 'package.json')),
      node: process.versions.node,
      tfjs: versionOf(require.resolve('@tensorflow/tfjs-core/package.json')),
    },
    cores,
  }
}
