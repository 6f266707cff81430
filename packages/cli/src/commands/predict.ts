import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import type { Invert } from '@resfn/preprocessing'
import { type CommonFlags, perform } from '../output.ts'
import type { BackendFlags } from '../run/backend.ts'
import { wholeFrom } from '../text/numbers.ts'
import {
  backendFlags,
  checkpointFlags,
  type CheckpointFlags,
  commonFlags,
  optional,
  proposals,
  withDefault,
} from './flags.ts'

export type PredictFlags = CommonFlags &
  BackendFlags &
  CheckpointFlags & {
    readonly index?: number
    readonly top: number
    readonly invert: Invert
    readonly out?: string
    readonly strict: boolean
  }

export const predictCommand: Command<Context> = buildCommand<PredictFlags, readonly string[], Context>({
  docs: {
    brief: 'Say what pictures show',
    fullDescription: [
      'Says what pictures show (PNG, JPEG, WebP, GIF, TIFF, AVIF, SVG): files, folders with all below them, patterns, and - for standard input. The net is that of a run, one that others published, or ResNet-20 trained on Fashion-MNIST, which comes with resfn:',
      '',
      '  resfn predict shoe.jpg  the kind of clothing, by the net that comes with resfn',
      '  resfn predict shoe.jpg --net runs/quick  by a net of yours',
      '  resfn predict runs/quick shoe.jpg  the same',
      '  resfn predict cat.jpg --net resnet50.tv_in1k  weights of the Hugging Face hub, fetched once; also owner/name@revision, or a folder',
      "  resfn predict photos 'more/*.png' --net runs/quick --out said.csv  all of them, in batches, into a table",
      '  resfn predict - --net runs/quick --json < shoe.jpg  for programs',
      '  resfn predict runs/quick --index 7  an image of the test set',
      '',
      'A picture is made like the images that the net was trained on: grey, shrunk to fit, centred on black. Fashion-MNIST shows light clothes on black, photographs',
      'mostly dark ones on white: light and dark are swapped where the border of the picture is light, unless --invert says yes or no.',
      '',
      'A picture that cannot be read is named and left out, unless it is the only one or --strict is given.',
    ].join('\n'),
  },
  parameters: {
    flags: {
      top: withDefault(wholeFrom(1), 'n', '5', 'How many classes to show'),
      out: optional(String, 'file.csv|file.jsonl', 'Write the classes into a file, all or nothing'),
      strict: { kind: 'boolean', brief: 'Stop at the first picture that cannot be read', default: false },
      index: optional(wholeFrom(0), 'n', 'An image of the test set by its number'),
      invert: { kind: 'enum', values: ['auto', 'yes', 'no'], brief: 'Swap light and dark', default: 'auto' },
      ...checkpointFlags,
      net: {
        ...optional(
          String,
          'run',
          'The run, checkpoint, folder or name on the hub that looks; behind a checkpoint as first argument, the net to build for it (see resfn nets)',
        ),
        proposeCompletions: proposals.nets,
      },
      ...backendFlags,
      ...commonFlags,
    },
    positional: {
      kind: 'array',
      parameter: { brief: 'Pictures: files, folders, patterns or -', parse: String, placeholder: 'path' },
    },
  },
  func: perform(async () => (await import('../actions/predict.ts')).predictPictures),
})
