import { type Application, proposeCompletions } from '@stricli/core'
import type { Context } from '../context/context.ts'

/**
 * The words that could stand in place of the last one; flags only where it begins like one, so that names of files can
 * be completed.
 */
export const completionsOf = async (
  app: Application<Context>,
  words: readonly string[],
  context: Context,
): Promise<readonly string[]> => {
  const isFlag = words.at(-1)?.startsWith('-') ?? false
  const found = await proposeCompletions(app, words, context)
  return found.flatMap(({ kind, completion }) => (kind === 'argument:flag' && !isFlag ? [] : [completion]))
}
