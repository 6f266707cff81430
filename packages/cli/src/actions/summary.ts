import { formatShape, summary, type SummaryRow } from '@resfn/layer'
import type { SummaryFlags } from '../commands/summary.ts'
import type { Action } from '../output.ts'
import { givenNet } from '../run/given-net.ts'
import { count } from '../text/format.ts'
import { table } from '../text/layout.ts'

const rowCells = ({ path, kind, depth, output, params, macs }: SummaryRow): readonly string[] => [
  `${'  '.repeat(depth)}${depth === 0 ? path : path.slice(path.lastIndexOf('.') + 1)}`,
  kind,
  formatShape(output),
  count(params),
  count(macs),
]

/** A net in numbers; needs no backend. */
export const summaryOf: Action<SummaryFlags, [string]> = async (context, flags, given) => {
  const { name, description, input, net, from } = await givenNet(context, given, { ...flags, weights: 'later' })
  const { rows, ...found } = summary(net, input)
  const layers = rows.filter((row) => row.depth < flags.depth)
  const head = ['layer', 'kind', 'output', 'parameters', 'multiply-adds']
  const state = found.buffers === 0 ? '' : ` (and ${count(found.buffers)} running statistics)`
  return {
    json: { net: name, description, ...from, ...found, layers },
    text: [
      `${name}: ${description}`,
      '',
      table({
        rows: [head, ['input', '', formatShape(found.input), '', ''], ...layers.map(rowCells)],
        align: ['left', 'left', 'left', 'right', 'right'],
        columns: context.columns(),
      }),
      '',
      `${count(found.params)} parameters${state}, ${count(found.macs)} multiply-adds an image`,
    ].join('\n'),
  }
}
