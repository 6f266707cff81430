import type { CommandContext, StricliProcess } from '@stricli/core'
import { plain } from '../text/plain.ts'
import type { Ranks } from '../run/ranks.ts'
import type { Files } from './files.ts'

/** The last line of a terminal, which can be written anew. */
export type LiveLine = { readonly show: (text: string) => void; readonly clear: () => void }

/** A process, as others can find it. */
export type ProcessName = {
  readonly pid: number
  readonly host: string
  /** Tells it from a later process with the same number. */
  readonly started: string
}

/** How a process ended: its exit code, or the signal that ended it, and what it printed. */
export type Ended = {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** A process of this command with other arguments. */
export type Child = {
  readonly ended: Promise<Ended>
  /** Asks it to save and end. */
  readonly stop: (signal: string) => void
}

/** Everything a command takes from outside: a test gives its own. */
export type Context = CommandContext & {
  readonly process: StricliProcess
  readonly env: Readonly<Partial<Record<string, string>>>
  /** The folder that relative paths start from. */
  readonly cwd: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly files: Files
  /** All of standard input. */
  readonly stdin: () => Promise<Uint8Array>
  /** The folder that downloads of a name are kept in, such as those of a data set. */
  readonly cacheFolder: (name: string) => Promise<string>
  /** The line for progress, where standard error is a terminal; plain lines are printed elsewhere. */
  readonly live?: LiveLine
  /** Letters in a line of the terminal. */
  readonly columns: () => number
  /** This process, and what tells another one of this machine from later ones with its number; nothing if it ended. */
  readonly processes: { readonly self: ProcessName; readonly startOf: (pid: number) => string | undefined }
  /**
   * From now on Ctrl-C, SIGTERM and SIGHUP abort the signal (its reason is their name) instead of ending the process;
   * until `release`.
   */
  readonly interrupts: () => { readonly signal: AbortSignal; readonly release: () => void }
  /** Starts this command with other arguments in a process of its own, which saves and ends where this one dies. */
  readonly start: (args: readonly string[]) => Child
  /** The words that start this command: Node, its options, the script. */
  readonly command: readonly string[]
  /** Opens an address in the browser. */
  readonly open: (url: string) => Promise<void>
  /** The machine in a few words: processor, cores, operating system. */
  readonly machine: string
  /** Versions of what runs, by name. */
  readonly versions: Readonly<Record<string, string>>
  readonly cores: number
  /** The ranks that train a run together, where there are some. */
  readonly ranks?: Ranks
}

/** Prints a line for people; standard output is for results. */
export const say = (context: Context, line: string): void => context.process.stderr.write(`${plain(line)}\n`)
