import type { Command, RouteMap } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { kebab } from '../text/kebab.ts'

/** A command or a group of commands, and how it is called. */
export type Located = { readonly path: readonly string[]; readonly target: Command<Context> | RouteMap<Context> }

/** Whether a target is a group of commands. */
export const isGroup = (target: Located['target']): target is RouteMap<Context> => 'getAllEntries' in target

/** The command that arguments begin with, as far as it is known. */
export const locate = (routes: RouteMap<Context>, args: readonly string[]): Located => {
  const path = ['resfn']
  let target: Located['target'] = routes
  for (const arg of args) {
    if (!isGroup(target)) break
    const entry: ReturnType<RouteMap<Context>['getAllEntries']>[number] | undefined = target
      .getAllEntries()
      .find(({ name }) => name.original === arg)
    if (entry === undefined) {
      // A group may stand for one of its commands, with the arguments of that.
      const own = path.length > 1 && !arg.startsWith('-') && arg !== 'help' ? target.getDefaultCommand() : undefined
      return { path, target: own ?? target }
    }
    path.push(arg)
    target = entry.target
  }
  return { path, target }
}

/** The names of a command's flags as they are typed, without `--`. */
export const flagNames = ({ target }: Located): readonly string[] =>
  isGroup(target) ? [] : [...Object.keys(target.parameters.flags ?? {}).map(kebab), 'help']
