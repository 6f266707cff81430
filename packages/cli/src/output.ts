import { either as E, type taskEither as TE } from 'fp-ts'
import type { Context } from './context.ts'
import { type CliError, toCliError } from './error.ts'

/** What a command came to: the same for people and for programs. */
export type Output = {
  readonly text: string
  /** The document that `--json` prints. */
  readonly json: unknown
  /** Not zero where the work was done and the answer is no. */
  readonly exitCode?: number
}

/** The flags that every command has. */
export type CommonFlags = { readonly json: boolean; readonly debug: boolean }

type Flag = { readonly kind: 'boolean'; readonly brief: string; readonly default: false }

/** Their description. */
export const commonFlags: { readonly json: Flag; readonly debug: Flag } = {
  json: { kind: 'boolean', brief: 'Print one JSON document on standard output and nothing else', default: false },
  debug: { kind: 'boolean', brief: 'Print the stack of errors', default: false },
}

const stackOf = (error: CliError): string => {
  const cause: unknown = error.cause
  return [error.stack ?? error.message, ...(cause instanceof Error ? [`caused by ${cause.stack}`] : [])].join('\n')
}

/** JSON has no NaN: a share of nothing is null. */
const document = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/**
 * Runs the work of a command and prints what it came to: text or JSON on standard output. A failure goes to the caller as an error, and
 * with `--json` also to standard output as `{ "error": { "tag", "message" } }`.
 */
export const print = async (
  context: Context,
  { json, debug }: CommonFlags,
  work: TE.TaskEither<CliError, Output>,
): Promise<Error | void> => {
  const result = await settled(work)
  if (E.isLeft(result)) {
    const error = result.left
    if (json) context.process.stdout.write(document({ error: { tag: error._tag, message: error.message } }))
    if (debug) error.message = stackOf(error)
    return error
  }
  const { text, json: value, exitCode } = result.right
  context.process.stdout.write(json ? document(value) : text === '' || text.endsWith('\n') ? text : `${text}\n`)
  if (exitCode !== undefined && exitCode !== 0) context.process.exitCode = exitCode
  return undefined
}

const settled = async (work: TE.TaskEither<CliError, Output>): Promise<E.Either<CliError, Output>> => {
  try {
    return await work()
  } catch (error) {
    return E.left(toCliError(error))
  }
}
