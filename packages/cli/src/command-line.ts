import { run } from '@stricli/core'
import { app } from './app.ts'
import type { Context } from './context/context.ts'
import { exitCodes } from './error.ts'

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
  await run(app(context.versions['resfn'] ?? ''), args, context)
  const code = Number(context.process.exitCode)
  // The framework's own codes for a wrong command line are negative.
  return code < 0 ? exitCodes.usage : code
}
