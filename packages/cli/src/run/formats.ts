import type { KeyMap, NetEntry } from '@resfn/archs'
import { bestFormat, type Formats } from '@resfn/import'
import type { Plan } from '@resfn/layer'
import { checkName } from '../text/nearest.ts'
import { netNamed } from './net.ts'

/** The formats that a net is known in; one without any has our own paths as keys. */
export const formatsOf = ({ keys }: NetEntry): Formats =>
  keys === undefined || Object.keys(keys).length === 0 ? { resfn: [] } : keys

/** The format that was asked for; throws a `CliError` if the net is not known in it. */
export const formatNamed = (entry: NetEntry, name: string, asked: string): string => {
  const known = Object.keys(formatsOf(entry))
  checkName('format', asked, known, `${name} is known in ${known.join(', ')}`)
  return asked
}

/** The format that was asked for, or the usual one of the net, and its map. */
export const keysAskedFor = (
  name: string,
  asked: string | undefined,
): { readonly format: string; readonly keys: KeyMap } => {
  const entry = netNamed(name)
  const formats = formatsOf(entry)
  const format = asked === undefined ? Object.keys(formats)[0]! : formatNamed(entry, name, asked)
  return { format, keys: formats[format]! }
}

/** The format that was asked for, or the one that a file has most keys of. */
export const formatOf = (
  entry: NetEntry,
  name: string,
  {
    asked,
    keys,
    plan,
  }: { readonly asked: string | undefined; readonly keys: Iterable<string>; readonly plan: Plan<unknown, unknown> },
): string => (asked === undefined ? bestFormat(keys, plan, formatsOf(entry)) : formatNamed(entry, name, asked))
