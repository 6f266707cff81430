import { type Application, proposeCompletions } from '@stricli/core'
import { routes } from '../app.ts'
import type { Context } from '../context/context.ts'
import { isGroup, locate } from './locate.ts'

/**
 * The words that could stand in place of the last one; flags only where it begins like one, so that names of files can
 * be completed.
 */
export const completionsOf = async (
  app: Application<Context>,
  words: readonly string[],
  context: Context,
): Promise<readonly string[]> => {
  const last = words.at(-1) ?? ''
  const { path, target } = locate(routes, words.slice(0, -1))
  // The framework proposes nothing for a group that has a command of its own.
  if (isGroup(target) && path.length === words.length)
    return target
      .getAllEntries()
      .flatMap(({ name, hidden }) => (!hidden && name.original.startsWith(last) ? [name.original] : []))
  const isFlag = words.at(-1)?.startsWith('-') ?? false
  const found = await proposeCompletions(app, words, context)
  return found.flatMap(({ kind, completion }) => (kind === 'argument:flag' && !isFlag ? [] : [completion]))
}
