import { buildCommand, type Command } from '@stricli/core'
import type { Shape } from '@resfn/layer'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import { wholeFrom } from '../text/numbers.ts'
import { parseInput } from '../text/shape.ts'
import { anyNetParameter, type CheckpointFlags, checkpointFlags, commonFlags, optional, withDefault } from './flags.ts'

export type GraphFlags = CommonFlags &
  Pick<CheckpointFlags, 'net'> & {
    readonly input?: Shape
    readonly classes?: number
    readonly depth: number
    readonly out?: string
  }

export const graphCommand: Command<Context> = buildCommand<GraphFlags, [string], Context>({
  docs: {
    brief: 'Draw the parts of a net and what they take (Mermaid, SVG)',
    fullDescription: [
      'Draws a net as boxes in the order they run: the language of Mermaid on standard output, or a file. The net is one of those that `resfn nets` lists, that of a run or a',
      'checkpoint, or one that others published, of which only config.json is fetched. Needs no backend.',
      '',
      '  resfn graph resnet18  the stages',
      '  resfn graph resnet18 --depth 3 --out resnet18.svg  what is in each block, as a picture',
      '  resfn graph runs/quick --depth 2 --out net.mmd  the blocks of the net of a run',
      '  resfn graph timm/resnet18.a1_in1k --out resnet18.svg  a repository of the Hugging Face hub, or a folder with config.json',
    ].join('\n'),
  },
  parameters: {
    flags: {
      depth: withDefault(wholeFrom(1), 'n', '1', 'How deep to go into parts'),
      out: optional(
        String,
        'file.svg|file.mmd',
        'The file to write, all or nothing (default: Mermaid on standard output)',
      ),
      input: optional(parseInput, 'shape', "Shape of one image: 96x96x1 (default: the net's own)"),
      classes: optional(wholeFrom(1), 'n', "Number of classes (default: the net's own)"),
      net: checkpointFlags.net,
      ...commonFlags,
    },
    positional: { kind: 'tuple', parameters: [anyNetParameter] },
  },
  func: perform(async () => (await import('../actions/graph.ts')).graphOf),
})
