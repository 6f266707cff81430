import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import type { Invert } from '../image/image-file.ts'
import { type CommonFlags, perform } from '../output.ts'
import type { BackendFlags } from '../run/backend.ts'
import { wholeFrom } from '../text/numbers.ts'
import {
  backendFlags,
  checkpointFlags,
  type CheckpointFlags,
  checkpointParameter,
  commonFlags,
  optional,
  withDefault,
} from './flags.ts'

export type PredictFlags = CommonFlags &
  BackendFlags &
  CheckpointFlags & { readonly index?: number; readonly top: number; readonly invert: Invert }

export const predictCommand: Command<Context> = buildCommand<PredictFlags, [string, string?], Context>({
  docs: {
    brief: 'Say what an image shows',
    fullDescription: [
      'Says what an image shows: a file (PNG, JPEG, WebP, …), or with --index an image of the test set. A file is made like the images that the net',
      'was trained on: grey, shrunk to fit, centred on black. Fashion-MNIST shows light clothes on black, photographs mostly dark ones on',
      'white: light and dark are swapped where the border of the image is light, unless --invert says yes or no.',
    ].join('\n'),
  },
  parameters: {
    flags: {
      index: optional(wholeFrom(0), 'n', 'An image of the test set by its number'),
      top: withDefault(wholeFrom(1), 'n', '3', 'How many classes to show'),
      invert: { kind: 'enum', values: ['auto', 'yes', 'no'], brief: 'Swap light and dark', default: 'auto' },
      ...checkpointFlags,
      ...backendFlags,
      ...commonFlags,
    },
    positional: {
      kind: 'tuple',
      parameters: [checkpointParameter, { brief: 'Image file', parse: String, placeholder: 'image', optional: true }],
    },
  },
  func: perform(async () => (await import('../actions/predict.ts')).predictImage),
})
