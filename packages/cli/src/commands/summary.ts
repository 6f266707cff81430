import { buildCommand, type Command } from '@stricli/core'
import { formatShape, type Shape, summary, type SummaryRow } from '@resfn/layer'
import { either as E, function as F, taskEither as TE } from 'fp-ts'
import type { Context } from '../context.ts'
import { type CliError, toCliError } from '../error.ts'
import { count, table } from '../format.ts'
import { netNamed, parseInput } from '../net.ts'
import { wholeFrom } from '../numbers.ts'
import { commonFlags, type CommonFlags, type Output, print } from '../output.ts'

type Flags = CommonFlags & { readonly input?: Shape; readonly classes?: number; readonly depth: number }

const rowCells = ({ path, kind, depth, output, params, macs }: SummaryRow): readonly string[] => [
  `${'  '.repeat(depth)}${depth === 0 ? path : path.slice(path.lastIndexOf('.') + 1)}`,
  kind,
  formatShape(output),
  count(params),
  count(macs),
]

/** A net in numbers; needs no backend. */
export const summaryOf = (
  name: string,
  { input, classes, depth }: Omit<Flags, keyof CommonFlags>,
): E.Either<CliError, Output> =>
  F.pipe(
    netNamed(name),
    E.flatMap((entry) =>
      E.tryCatch(
        () => ({ entry, found: summary(entry.make({ classes: classes ?? entry.classes }), input ?? entry.input) }),
        toCliError,
      ),
    ),
    E.map(({ entry, found }) => {
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
          table(rows, ['left', 'left', 'left', 'right', 'right']),
          '',
          `${count(found.params)} parameters${state}, ${count(found.macs)} multiply-adds an image`,
        ].join('\n'),
      }
    }),
  )

export const summaryCommand: Command<Context> = buildCommand<Flags, [string], Context>({
  docs: {
    brief: 'Show a net layer by layer: output shapes, parameters, multiply-adds',
    fullDescription:
      'Shows a net layer by layer: output shape of one image [height,width,channels], parameters, multiply-adds. Needs no backend. `resfn nets` lists the nets.',
  },
  parameters: {
    flags: {
      ...commonFlags,
      input: {
        kind: 'parsed',
        parse: parseInput,
        brief: 'Shape of one image: 96x96x1, or channels first 1x96x96 (default: what the net was drawn for)',
        optional: true,
      },
      classes: {
        kind: 'parsed',
        parse: wholeFrom(1),
        brief: 'Number of classes (default: what the net was drawn for)',
        optional: true,
      },
      depth: { kind: 'parsed', parse: wholeFrom(1), brief: 'How deep to go into blocks', default: '1' },
    },
    positional: { kind: 'tuple', parameters: [{ brief: 'Name of the net', parse: String, placeholder: 'net' }] },
  },
  func(flags, name) {
    return print(this, flags, TE.fromEither(summaryOf(name, flags)))
  },
})
