import { nets } from '@resfn/archs'
import { decodeWith, presets, recipeEntries } from '@resfn/recipe'
import type { Value } from '@resfn/sweep'
import { trainCommand } from '../commands/train.ts'
import { checkBackend } from '../run/backend.ts'
import { alternatives, checkName } from '../text/nearest.ts'
import { flagNames } from '../usage/locate.ts'

/** The flags of `resfn train` that say where a run is, on which ranks and how it is shown: a sweep says that itself. */
const others = new Set(['out', 'resume', 'resume-latest', 'pause-after', 'parallel', 'json', 'debug', 'help'])

/** The settings that a trial may have: the flags of `resfn train` by their names. */
export const settingNames: readonly string[] = flagNames({ path: [], target: trainCommand }).filter(
  (name) => !others.has(name),
)

const camel = (name: string): string => name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

const flagOf = (name: string) =>
  trainCommand.parameters.flags![camel(name) as never] as unknown as
    | { readonly kind: 'boolean' }
    | { readonly kind: 'enum'; readonly values: readonly string[] }
    | { readonly kind: 'parsed'; readonly parse: (text: string) => Value }

const named: { readonly [name: string]: (value: string) => void } = {
  net: (value) => checkName('net', value, Object.keys(nets), 'see resfn nets'),
  preset: (value) =>
    checkName('preset', value, Object.keys(presets), `those known are ${Object.keys(presets).join(', ')}`),
  backend: checkBackend,
}

const isKnown = (name: string): name is keyof typeof recipeEntries => Object.hasOwn(recipeEntries, name)

const checkRecipe = (name: string, value: Value): void => {
  if (!isKnown(name)) return
  const decoded = decodeWith<unknown>(recipeEntries[name], value)
  if (decoded._tag === 'Left') throw new Error(decoded.left.message)
}

/**
 * The value of a setting as its flag takes it.
 *
 * @throws an error that says what to give instead
 */
export const settingValue = (name: string, given: unknown): Value => {
  const flag = flagOf(name)
  if (typeof given !== 'string' && typeof given !== 'number' && typeof given !== 'boolean')
    throw new Error('give one value')
  if (flag.kind === 'boolean') {
    if (typeof given !== 'boolean') throw new Error('give true or false')
    return given
  }
  if (flag.kind === 'enum') {
    if (!flag.values.includes(String(given))) throw new Error(`give ${alternatives(flag.values)}`)
    return String(given)
  }
  const value = flag.parse(String(given))
  named[name]?.(String(value))
  checkRecipe(camel(name), value)
  return value
}

/** Whether a setting is a number, and whether only whole ones are taken: its flag says so by what it reads. */
export const numberKind = (name: string): 'whole' | 'any' | 'none' => {
  const flag = flagOf(name)
  const reads = (text: string): boolean => {
    try {
      return flag.kind === 'parsed' && typeof flag.parse(text) === 'number'
    } catch {
      return false
    }
  }
  return reads('0.5') ? 'any' : reads('1') ? 'whole' : 'none'
}

/** A setting as words of the command line. */
export const settingWords = ([name, value]: readonly [string, Value]): readonly string[] =>
  typeof value === 'boolean' ? [value ? `--${name}` : `--no-${name}`] : [`--${name}`, String(value)]

/** Settings by the names that `resfn train` has for them in programs. */
export const flagsOf = (settings: { readonly [name: string]: Value }): { readonly [name: string]: Value } =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [camel(name), value]))
