import {
  AliasNotFoundError,
  ArgumentParseError,
  EnumValidationError,
  FlagNotFoundError,
  InvalidNegatedFlagSyntaxError,
  UnexpectedFlagError,
  UnexpectedPositionalError,
  UnsatisfiedFlagError,
  UnsatisfiedPositionalError,
} from '@stricli/core'
import { nearest } from '@resfn/options'
import { alternatives, unknownName } from '../text/nearest.ts'
import { flagNames, isGroup, type Located } from './locate.ts'
import { commandSynonyms, flagSynonyms, meantBy } from './synonyms.ts'

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)]

const helpOf = ({ path }: Located): string => `see ${path.join(' ')} --help`

/** A command that does not exist, with those that could be meant. */
export const unknownCommand = (input: string, located: Located): string => {
  const { path, target } = located
  const names = isGroup(target)
    ? target.getAllEntries().flatMap(({ name, hidden }) => (hidden ? [] : [name.original]))
    : []
  const asWord = path.length === 1 ? meantBy(input, Object.keys(commandSynonyms), commandSynonyms) : []
  const near = unique([...asWord, ...nearest(input, names)])
  const prefix = path
    .slice(1)
    .map((word) => `${word} `)
    .join('')
  return unknownName(
    'command',
    `${prefix}${input}`,
    [],
    helpOf(located),
    near.map((name) => `${prefix}${name}`),
  )
}

const unknownFlag = (input: string, located: Located): string => {
  const names = flagNames(located)
  const word = input.replace(/^-+/, '').replace(/^no-/, '')
  const near = unique([...meantBy(word, names, flagSynonyms), ...nearest(word, names)])
  return unknownName(
    'flag',
    `--${word}`,
    [],
    helpOf(located),
    near.map((name) => `--${name}`),
  )
}

const unknownLetter = (input: string, located: Located): string => {
  const near = flagNames(located).filter((name) => name.startsWith(input.replace(/^-+/, '').slice(0, 1)))
  const meant = near.length === 0 ? helpOf(located) : `did you mean ${alternatives(near.map((name) => `--${name}`))}?`
  return `there is no flag "-${input.replace(/^-+/, '')}"; flags are written in full, ${meant}`
}

const named = (name: string, located: Located): string => (flagNames(located).includes(name) ? `--${name}` : name)

/** What is wrong with the arguments of a command, and what to give. */
export const wrongArguments = (error: unknown, located: Located): string => {
  const command = located.path.join(' ')
  if (error instanceof FlagNotFoundError) return unknownFlag(error.input, located)
  if (error instanceof AliasNotFoundError) return unknownLetter(error.input, located)
  if (error instanceof ArgumentParseError) {
    const { externalFlagNameOrPlaceholder: name, input, exception } = error
    const wanted = exception instanceof Error ? exception.message : String(exception)
    return `${named(name, located)} "${input}": ${wanted}`
  }
  if (error instanceof EnumValidationError) {
    const near = nearest(error.input, error.values)
    const meant = near.length === 0 ? '' : `; did you mean ${alternatives(near)}?`
    return `--${error.externalFlagName} "${error.input}": give ${alternatives(error.values)}${meant}`
  }
  if (error instanceof UnsatisfiedFlagError) return `--${error.externalFlagName} needs a value; see ${command} --help`
  if (error instanceof UnsatisfiedPositionalError)
    return `${command} needs a ${error.placeholder}: ${command} <${error.placeholder}>; see ${command} --help`
  if (error instanceof UnexpectedPositionalError)
    return error.input === 'help'
      ? `for help: ${command} --help`
      : `${command} takes ${['no arguments', 'one argument', 'two arguments'][error.expectedCount] ?? 'fewer arguments'}, so "${error.input}" is too many; see ${command} --help`
  if (error instanceof UnexpectedFlagError)
    return `--${error.externalFlagName} is given twice, as "${error.previousInput}" and "${error.input}"; give one`
  if (error instanceof InvalidNegatedFlagSyntaxError)
    return `--${error.externalFlagName} takes no value, but has "${error.valueText}"; leave the value out`
  return error instanceof Error ? error.message : String(error)
}
