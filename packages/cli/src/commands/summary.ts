import { buildCommand, type Command } from '@stricli/core'
import type { Shape } from '@resfn/layer'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import { wholeFrom } from '../text/numbers.ts'
import { parseInput } from '../text/shape.ts'
import { anyNetParameter, type CheckpointFlags, checkpointFlags, commonFlags, optional, withDefault } from './flags.ts'

export type SummaryFlags = CommonFlags &
  Pick<CheckpointFlags, 'net'> & { readonly input?: Shape; readonly classes?: number; readonly depth: number }

export const summaryCommand: Command<Context> = buildCommand<SummaryFlags, [string], Context>({
  docs: {
    brief: 'Show a net layer by layer: output shapes, parameters, multiply-adds',
    fullDescription: [
      'Shows a net layer by layer: output shape of one image [height,width,channels], parameters, multiply-adds. The net is one of those that',
      '`resfn nets` lists, that of a run or a checkpoint, or one that others published, of which only config.json is fetched. Needs no backend.',
      '',
      '  resfn summary resnet50 --depth 2  block by block',
      '  resfn summary runs/quick  the net of a run',
      '  resfn summary timm/resnet18.a1_in1k --json  a repository of the Hugging Face hub; also owner/name@revision, or a folder with config.json',
    ].join('\n'),
  },
  parameters: {
    flags: {
      input: optional(
        parseInput,
        'shape',
        "Shape of one image: 96x96x1, or channels first 1x96x96 (default: the net's own)",
      ),
      classes: optional(wholeFrom(1), 'n', "Number of classes (default: the net's own)"),
      depth: withDefault(wholeFrom(1), 'n', '1', 'How deep to go into blocks'),
      net: checkpointFlags.net,
      ...commonFlags,
    },
    positional: { kind: 'tuple', parameters: [anyNetParameter] },
  },
  func: perform(async () => (await import('../actions/summary.ts')).summaryOf),
})
