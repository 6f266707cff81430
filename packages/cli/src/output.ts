import type { Context } from './context/context.ts'
import { type CliError, toCliError } from './error.ts'
import { plain } from './text/plain.ts'

/** What a command came to: the same for people and for programs. */
export type Output = {
  readonly text: string
  /** The document that `--json` prints; nothing where another rank prints it. */
  readonly json: unknown
  /** Not zero where the work was done and the answer is no; known later, where a command such as a server goes on. */
  readonly exitCode?: number | Promise<number>
}

/** The flags that every command has. */
export type CommonFlags = { readonly json: boolean; readonly debug: boolean }

const stackOf = (error: CliError): string => {
  const cause: unknown = error.cause
  return [error.stack ?? error.message, ...(cause instanceof Error ? [`caused by ${cause.stack}`] : [])].join('\n')
}

/** A JSON document as text. JSON has no NaN: `null` stands for it. What a terminal obeys is escaped, as JSON may. */
const document = (value: unknown): string => plain(`${JSON.stringify(value, null, 2)}\n`)

/** What `--json` prints for a failure. */
export const errorDocument = ({ _tag, message }: Pick<CliError, '_tag' | 'message'>): string =>
  document({ error: { tag: _tag, message } })

/** The work of a command, as a function of its context, flags and arguments. */
export type Action<Flags extends CommonFlags, Args extends readonly (string | undefined)[]> = (
  context: Context,
  flags: Flags,
  ...args: Args
) => Promise<Output> | Output

/**
 * The function of a command: loads its action, runs it and prints its output as text or JSON on standard output. A
 * failure goes to the caller as an error, and with `--json` also to standard output. Actions are loaded only when they
 * run, so that `--help` starts fast.
 */
export const perform = <Flags extends CommonFlags, Args extends readonly (string | undefined)[]>(
  load: () => Promise<Action<Flags, Args>>,
): ((this: Context, flags: Flags, ...args: Args) => Promise<Error | void>) =>
  async function (flags, ...args) {
    const { stdout } = this.process
    try {
      const action = await load()
      const { text, json, exitCode } = await action(this, flags, ...args)
      stdout.write(
        flags.json
          ? json === undefined
            ? ''
            : document(json)
          : plain(text === '' || text.endsWith('\n') ? text : `${text}\n`),
      )
      const code = await exitCode
      if (code !== undefined && code !== 0) this.process.exitCode = code
      return undefined
    } catch (thrown) {
      const error = toCliError(thrown)
      if (flags.json) stdout.write(errorDocument(error))
      if (flags.debug) error.message = stackOf(error)
      return error
    }
  }
