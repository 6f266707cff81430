import { run } from '@stricli/core'
import { app, routes } from './app.ts'
import type { Context } from './context/context.ts'
import { exitCodes } from './error.ts'
import { errorDocument } from './output.ts'
import { completionsOf } from './usage/complete.ts'
import { helpText } from './usage/help.ts'
import { isGroup, locate, type Located } from './usage/locate.ts'
import { unknownCommand, wrongArguments } from './usage/usage-errors.ts'

/** Whether help is asked for of a command that is known, or of a group without one of its commands. */
const asksForHelp = (args: readonly string[], { path, target }: Located): boolean => {
  const [next, ...rest] = args.slice(path.length - 1)
  const isFlag = (arg: string): boolean => arg === '--help' || arg === '-h'
  if (!isGroup(target)) return [next ?? '', ...rest].some(isFlag)
  return next === undefined || next === 'help' || isFlag(next)
}

/**
 * Runs the command `resfn` with arguments and everything it takes from outside.
 *
 * @param args the arguments, without `node` and the script
 * @param context streams, environment, folder, clock, files; see `Context` and `nodeContext`
 * @returns the exit code; see `exitCodes`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { exitCodes, main, nodeContext } from '@resfn/cli'
 *
 * const stderr = { write: () => {} }
 * const code = await main(['summary', 'resnet21'], { ...nodeContext(), process: { stdout: process.stdout, stderr } })
 * assert.equal(code, exitCodes.usage)
 * ```
 */
export const main = async (args: readonly string[], context: Context): Promise<number> => {
  const version = context.versions['resfn'] ?? ''
  const [first, ...rest] = args
  if (first === '--complete') {
    const application = app(version, { unknownCommand: String, wrongArguments: String })
    const found = await completionsOf(application, rest, context)
    context.process.stdout.write(found.map((word) => `${word}\n`).join(''))
    return exitCodes.success
  }
  const words = args[0] === 'help' ? args.slice(1) : args
  const located = locate(routes, words)
  const { stdout } = context.process
  if (asksForHelp(words, located) || (args[0] === 'help' && !isGroup(located.target))) {
    stdout.write(helpText(located, context.columns()))
    return exitCodes.success
  }
  const messages: string[] = []
  const noted = (message: string): string => {
    messages.push(message)
    return message
  }
  await run(
    app(version, {
      unknownCommand: (input) => noted(unknownCommand(input, located)),
      wrongArguments: (error) => noted(wrongArguments(error, located)),
    }),
    words,
    context,
  )
  if (messages.length > 0 && args.includes('--json'))
    stdout.write(errorDocument({ _tag: 'Usage', message: messages.join('; ') }))
  const code = Number(context.process.exitCode)
  // The framework's own codes for a wrong command line are negative.
  return code < 0 ? exitCodes.usage : code
}
