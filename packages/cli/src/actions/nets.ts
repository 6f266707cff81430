import { nets } from '@resfn/archs'
import { summary } from '@resfn/layer'
import type { Action, CommonFlags } from '../output.ts'
import { short, table } from '../text/format.ts'

/** Every net by name, with its size. */
export const listNets: Action<CommonFlags, []> = () => {
  const entries = Object.entries(nets).map(([name, { description, input, classes, make }]) => {
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
    text: table(
      [['net', '', 'input', 'classes', 'parameters', 'multiply-adds'], ...rows],
      ['left', 'left', 'left', 'right', 'right', 'right'],
    ),
  }
}
