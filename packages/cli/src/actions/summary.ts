import { formatShape, summary, type SummaryRow } from '@resfn/layer'
import type { SummaryFlags } from '../commands/summary.ts'
import type { Action } from '../output.ts'
import { netNamed } from '../run/net.ts'
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
export const summaryOf: Action<SummaryFlags, [string]> = (context, { input, classes, depth }, name) => {
  const entry = netNamed(name)
  const found = summary(entry.make({ classes: classes ?? entry.classes }), input ?? entry.input)
  const layers = found.rows.filter((row) => row.depth < depth)
  const head = ['layer', 'kind', 'output', 'parameters', 'multiply-adds']
  const rows = [head, ['input', '', formatShape(found.input), '', ''], ...layers.map(rowCells)]
  const state = found.buffers === 0 ? '' : ` (and ${count(found.buffers)} running statistics)`
  return {
    json: {
      net: name,
      description: entry.description,
      input: found.input,
      output: found.output,
      params: found.params,
      buffers: found.buffers,
      macs: found.macs,
      layers,
    },
    text: [
      `${name}: ${entry.description}`,
      '',
      table({ rows, align: ['left', 'left', 'left', 'right', 'right'], columns: context.columns() }),
      '',
      `${count(found.params)} parameters${state}, ${count(found.macs)} multiply-adds an image`,
    ].join('\n'),
  }
}
