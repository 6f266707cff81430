import { nets } from '@resfn/archs'
import { buildCommand, type Command } from '@stricli/core'
import { summary } from '@resfn/layer'
import { taskEither as TE } from 'fp-ts'
import type { Context } from '../context.ts'
import { short, table } from '../format.ts'
import { commonFlags, type CommonFlags, type Output, print } from '../output.ts'

/** Every net by name, with its size. */
export const listNets = (): Output => {
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

export const netsCommand: Command<Context> = buildCommand<CommonFlags, [], Context>({
  docs: { brief: 'List the nets' },
  parameters: { flags: commonFlags },
  func(flags) {
    return print(this, flags, TE.fromIO(listNets))
  },
})
