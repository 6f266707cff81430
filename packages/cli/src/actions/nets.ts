import { listNets, nets } from '@resfn/archs'
import { summary } from '@resfn/layer'
import type { NetsFlags } from '../commands/nets.ts'
import { usageError } from '../error.ts'
import type { Action } from '../output.ts'
import { short } from '../text/format.ts'
import { table } from '../text/layout.ts'
import { unknownName } from '../text/nearest.ts'

const named = (patterns: readonly string[]): readonly string[] => {
  const names = Object.keys(nets)
  const found = patterns.map((pattern) => listNets(pattern))
  const missing = patterns.find((_, i) => found[i]!.length === 0)
  if (missing !== undefined) throw usageError(unknownName('net', missing, names, 'see resfn nets'))
  const wanted = new Set(found.flat())
  return patterns.length === 0 ? names : names.filter((name) => wanted.has(name))
}

/** The nets that fit one of the patterns (all, if there is none), with their sizes. */
export const netsInNumbers: Action<NetsFlags, readonly string[]> = (context, _flags, ...patterns) => {
  const entries = named(patterns).map((name) => {
    const { description, input, classes, make } = nets[name]!
    const { params, macs } = summary(make({ classes }), input)
    return { name, description, input, classes, params, macs }
  })
  const rows = entries.map(({ name, description, input, classes, params, macs }) => [
    name,
    description,
    input.join('x'),
    String(classes),
    short(params),
    short(macs),
  ])
  return {
    json: { nets: entries },
    text: table({
      rows: [['net', '', 'input', 'classes', 'params', 'mult-adds'], ...rows],
      align: ['left', 'left', 'left', 'right', 'right', 'right'],
      columns: context.columns(),
    }),
  }
}
