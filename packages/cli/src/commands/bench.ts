import { buildCommand, type Command } from '@stricli/core'
import type { Shape } from '@resfn/layer'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import type { BackendFlags } from '../run/backend.ts'
import { positive, wholeFrom } from '../text/numbers.ts'
import { parseInput } from '../text/shape.ts'
import { anyNetParameter, backendFlags, commonFlags, optional, withDefault } from './flags.ts'

export type BenchFlags = CommonFlags &
  BackendFlags & {
    readonly net: string
    readonly batch: number
    readonly seconds: number
    readonly input?: Shape
  }

export const benchCommand: Command<Context> = buildCommand<BenchFlags, [], Context>({
  docs: {
    brief: 'Measure images a second and memory of a net here',
    fullDescription: [
      'Measures how many images a second a net takes on this machine, and the memory of one batch. The net is one of those that `resfn nets` lists, with drawn weights, that',
      'of a run or a checkpoint, or one that others published; the images are noise. It is measured as `resfn predict` runs it on many pictures: made ready for inference, with normalisations folded into convolutions.',
      '',
      '  resfn bench --net resnet18  one image at a time',
      '  resfn bench --net resnet18 --batch 8 --seconds 10  in batches, for longer',
      '  resfn bench --net timm/resnet18.a1_in1k  a repository of the Hugging Face hub, or a folder with config.json',
      '  resfn bench --net runs/quick --backend wasm --threads 1 --json  for programs',
    ].join('\n'),
  },
  parameters: {
    flags: {
      net: { kind: 'parsed', ...anyNetParameter },
      batch: withDefault(wholeFrom(1), 'n', '1', 'Images at once'),
      seconds: withDefault(positive, 's', '3', 'How long to measure'),
      input: optional(parseInput, 'shape', "Shape of one image: 96x96x1 (default: the net's own)"),
      ...backendFlags,
      ...commonFlags,
    },
  },
  func: perform(async () => (await import('../actions/bench.ts')).benchNet),
})
