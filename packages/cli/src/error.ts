import type { either as E } from 'fp-ts'

/** The exit codes of the command. */
export const exitCodes = {
  /** All went well. */
  success: 0,
  /** The work failed: a file, the data, the backend, a loss that is NaN or infinite. */
  failure: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The terminal was closed (SIGHUP); a run was saved. */
  hungUp: 129,
  /** Interrupted with Ctrl-C; a run was saved. */
  interrupted: 130,
  /** Ended by SIGTERM; a run was saved. */
  terminated: 143,
} as const

/** Something that the user can fix: one message that says what, where and how to fix it. */
export class CliError extends Error {
  readonly _tag: string
  readonly exitCode: number
  constructor(
    tag: string,
    message: string,
    { exitCode = exitCodes.failure, cause }: { readonly exitCode?: number; readonly cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CliError'
    this._tag = tag
    this.exitCode = exitCode
  }
}

const signalCodes: Readonly<Record<string, number>> = {
  SIGHUP: exitCodes.hungUp,
  SIGTERM: exitCodes.terminated,
}

/** The exit code of work that was stopped by the signal of `Context.interrupts`. */
export const exitCodeOf = (signal: Pick<AbortSignal, 'reason'>): number =>
  signalCodes[String(signal.reason)] ?? exitCodes.interrupted

/** The work was stopped by the signal of `Context.interrupts`. */
export const interruptedBy = (signal: Pick<AbortSignal, 'reason'>, message: string): CliError =>
  new CliError('Interrupted', message, { exitCode: exitCodeOf(signal) })

/** A wrong command line. */
export const usageError = (message: string): CliError => new CliError('Usage', message, { exitCode: exitCodes.usage })

type Tagged = { readonly _tag: string; readonly message: string }

const isTagged = (error: unknown): error is Tagged =>
  typeof error === 'object' &&
  error !== null &&
  '_tag' in error &&
  typeof error._tag === 'string' &&
  'message' in error &&
  typeof error.message === 'string'

/**
 * Any failure as one of ours: tags and messages of the packages stay, an exception without a tag is a fault of the
 * program.
 */
export const toCliError = (error: unknown): CliError => {
  if (error instanceof CliError) return error
  if (isTagged(error)) return new CliError(error._tag, error.message, { cause: error })
  if (error instanceof RangeError) return new CliError('RangeError', error.message, { cause: error })
  const message = error instanceof Error ? error.message : String(error)
  return new CliError(
    'Unexpected',
    `${message}; if this looks like a fault of resfn, run again with --debug and report what it prints`,
    { cause: error },
  )
}

/**
 * The value of what a package returned, or its error thrown as a `CliError`. This is the border: packages return
 * failures, functions of the command throw them. (fp-ts is not loaded here, because `resfn --help` does not need it.)
 */
export const unwrap = <A>(result: E.Either<unknown, A>): A => {
  if (result._tag === 'Left') throw toCliError(result.left)
  return result.right
}
