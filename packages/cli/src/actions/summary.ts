import { resolve } from 'node:path'
import { nets } from '@resfn/archs'
import { type AnyLayer, formatShape, type Shape, summary, type SummaryRow } from '@resfn/layer'
import type { SummaryFlags } from '../commands/summary.ts'
import type { Context } from '../context/context.ts'
import { usageError } from '../error.ts'
import type { Action } from '../output.ts'
import { openCheckpoint } from '../run/checkpoint-file.ts'
import { netNamed } from '../run/net.ts'
import { count } from '../text/format.ts'
import { table } from '../text/layout.ts'

/** A net that is summarised, and in words what it is. */
type GivenNet = {
  readonly name: string
  readonly description: string
  readonly input: Shape
  readonly net: AnyLayer
  /** The checkpoint that it is from. */
  readonly from: { readonly checkpoint?: string; readonly epochs?: number; readonly steps?: number }
}

const byName = (name: string, { input, classes }: SummaryFlags): GivenNet => {
  const { description, input: own, classes: ownClasses, make } = netNamed(name)
  return { name, description, input: input ?? own, net: make({ classes: classes ?? ownClasses }), from: {} }
}

const fromCheckpoint = async (
  context: Context,
  given: string,
  { input, classes, net }: SummaryFlags,
): Promise<GivenNet> => {
  const loaded = await openCheckpoint(context, given, net)
  if (classes !== undefined)
    throw usageError(`--classes ${classes}: a checkpoint has its own classes; name the net instead (see resfn nets)`)
  const { progress, description } = loaded.checkpoint
  const trained = progress === undefined ? 'weights only' : `epoch ${progress.cursor.epoch}, step ${progress.step}`
  return {
    name: loaded.name,
    description: `${loaded.path} (${trained}), ${description.net.classes.length} classes`,
    input: input ?? description.net.input,
    net: loaded.net,
    from: {
      checkpoint: loaded.path,
      ...(progress !== undefined && { epochs: progress.cursor.epoch, steps: progress.step }),
    },
  }
}

/** The net of a name, or that of a checkpoint or of the folder of a run. */
const givenNet = async (context: Context, given: string, flags: SummaryFlags): Promise<GivenNet> => {
  if (Object.hasOwn(nets, given)) return byName(given, flags)
  const isFile = (await context.files.kind(resolve(context.cwd, given))) !== 'none'
  return isFile || /[/\\]|\.safetensors$/.test(given) ? fromCheckpoint(context, given, flags) : byName(given, flags)
}

const rowCells = ({ path, kind, depth, output, params, macs }: SummaryRow): readonly string[] => [
  `${'  '.repeat(depth)}${depth === 0 ? path : path.slice(path.lastIndexOf('.') + 1)}`,
  kind,
  formatShape(output),
  count(params),
  count(macs),
]

/** A net in numbers; needs no backend. */
export const summaryOf: Action<SummaryFlags, [string]> = async (context, flags, given) => {
  const { name, description, input, net, from } = await givenNet(context, given, flags)
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
