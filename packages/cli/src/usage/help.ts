import type { Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type Definition, definitions, paragraphs, wrap } from '../text/layout.ts'
import { isGroup, type Located } from './locate.ts'
import { kebab } from '../text/kebab.ts'

type Flags = NonNullable<Command<Context>['parameters']['flags']>
type Flag = Flags[string]

/** `--batch <n>`, `--schedule constant|cosine`, `--[no-]flip`. */
const flagTerm = (name: string, flag: Flag): string => {
  switch (flag.kind) {
    case 'enum':
      return `--${kebab(name)} ${flag.values.join('|')}`
    case 'parsed':
      return `--${kebab(name)} <${flag.placeholder ?? 'value'}>`
    case 'boolean':
      return flag.withNegated === true ? `--[no-]${kebab(name)}` : `--${kebab(name)}`
    case 'counter':
      return `--${kebab(name)}`
  }
}

const flagText = (flag: Flag): string => {
  const { brief } = flag
  const value = 'default' in flag ? flag.default : undefined
  return value === undefined || value === false ? brief : `${brief} (default: ${String(value)})`
}

const helpFlag: Definition = ['-h, --help', 'Print this help']

const commandHelp = ({ path, target }: Located & { readonly target: Command<Context> }, columns: number): string => {
  const { flags = {}, positional } = target.parameters
  const args =
    positional === undefined ? [] : positional.kind === 'tuple' ? positional.parameters : [positional.parameter]
  const name = ({ placeholder = 'value' }: (typeof args)[number]): string => placeholder
  const usage = args.map((arg) => {
    const many = positional?.kind === 'array' ? '…' : ''
    return arg.optional === true || many !== '' ? `[<${name(arg)}>${many}]` : `<${name(arg)}>`
  })
  return [
    ...wrap(`Usage: ${[...path, ...usage, '[flags]'].join(' ')}`, columns),
    '',
    ...paragraphs(target.fullDescription ?? `${target.brief}.`, columns),
    ...(args.length === 0 ? [] : ['', 'Arguments']),
    ...definitions(
      args.map((arg) => [`<${name(arg)}>`, arg.brief]),
      columns,
    ),
    '',
    'Flags',
    ...definitions(
      [...Object.entries(flags).map(([flag, value]): Definition => [flagTerm(flag, value), flagText(value)]), helpFlag],
      columns,
    ),
    '',
  ].join('\n')
}

/** The help of a command or a group of commands, in lines of at most `columns` letters. */
export const helpText = (located: Located, columns: number): string => {
  const { path, target } = located
  if (!isGroup(target)) return commandHelp({ path, target }, columns)
  const entries = target.getAllEntries().filter(({ hidden }) => !hidden)
  const isRoot = path.length === 1
  return [
    ...wrap(`Usage: ${path.join(' ')} <command> [flags]`, columns),
    '',
    ...paragraphs(target.fullDescription ?? target.brief, columns),
    '',
    'Commands',
    ...definitions(
      entries.map((entry): Definition => [entry.name.original, entry.target.brief]),
      columns,
    ),
    '',
    'Flags',
    ...definitions([helpFlag, ...(isRoot ? [['-v, --version', 'Print the version'] as const] : [])], columns),
    '',
    ...wrap(`${path.join(' ')} <command> --help says more.`, columns),
    '',
  ].join('\n')
}
