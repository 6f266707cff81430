import { run as runApplication } from '@stricli/core'
import { app } from './app.ts'
import type { Context } from './context.ts'
import { exitCodes } from './error.ts'

/**
 * Runs the command `resfn` with arguments and everything it takes from outside; the exit code is left in `context.process.exitCode`.
 *
 * @param args the arguments, without `node` and the script
 * @param context streams, environment, folder, clock, files; see `Context`
 */
export const run = async (args: readonly string[], context: Context): Promise<void> => {
  await runApplication(app(context.versions.resfn ?? ''), args, context)
  // The framework's own codes for a wrong command line are negative.
  if (Number(context.process.exitCode) < 0) context.process.exitCode = exitCodes.usage
}
