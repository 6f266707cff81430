import { buildCommand, type Command } from '@stricli/core'
import { presets } from '@resfn/recipe/presets'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import type { SettingFlags } from '../run/settings.ts'
import { below1, from0, positive, share, wholeFrom } from '../text/numbers.ts'
import { commonFlags, optional, proposals } from './flags.ts'

export type TrainFlags = CommonFlags &
  SettingFlags & { readonly out?: string; readonly resume?: string; readonly from?: string }

export const trainCommand: Command<Context> = buildCommand<TrainFlags, [], Context>({
  docs: {
    brief: 'Train a net, or resume a run',
    fullDescription: [
      'Trains a net on Fashion-MNIST by a preset; every flag overrides it. The images are those of --data, of the folder in RESFN_DATA, those that',
      '`resfn data fetch` got, or the 10,000 + 2,000 that come with resfn. Leaves a folder with args.json, log.jsonl, checkpoint.safetensors and',
      'report.html. Ctrl-C saves; --resume goes on, with the same Node, backend and threads to exactly the weights of the unbroken run.',
      '',
      'Presets:',
      ...Object.entries(presets).map(([name, { description }]) => `  ${name.padEnd(18)} ${description}`),
    ].join('\n'),
  },
  parameters: {
    flags: {
      preset: {
        ...optional(String, 'name', 'A recipe by name (default: default)'),
        proposeCompletions: proposals.presets,
      },
      net: {
        ...optional(String, 'name', "Another net than the preset's; see resfn nets"),
        proposeCompletions: proposals.nets,
      },
      data: optional(
        String,
        'dir|subset',
        'A folder with the files of the data set, or subset for the images that come with resfn',
      ),
      epochs: optional(wholeFrom(0), 'n', 'Passes over the training images'),
      batch: optional(wholeFrom(1), 'n', 'Images in a batch'),
      lr: optional(positive, 'rate', 'The highest learning rate'),
      schedule: {
        kind: 'enum',
        values: ['constant', 'cosine', 'milestones', 'one-cycle'],
        brief: 'Learning-rate schedule',
        optional: true,
      },
      optimiser: { kind: 'enum', values: ['sgd', 'adam'], brief: 'The optimiser', optional: true },
      momentum: optional(below1, 'm', 'Momentum of SGD, below 1'),
      nesterov: { kind: 'boolean', brief: "Nesterov's momentum", optional: true, withNegated: true },
      weightDecay: optional(from0, 'decay', 'Weight decay on all weights but biases and batch normalisation'),
      smoothing: optional(share, 's', 'Label smoothing, from 0 to 1'),
      resize: optional(wholeFrom(0), 'pixels', 'Side that the images are resized to; 0 leaves them'),
      flip: { kind: 'boolean', brief: 'Mirror half of the images', optional: true, withNegated: true },
      crop: optional(wholeFrom(0), 'pixels', 'Padding for random crops; 0 for none'),
      normalise: {
        kind: 'boolean',
        brief: 'Shift and scale the images by mean and deviation',
        optional: true,
        withNegated: true,
      },
      images: optional(wholeFrom(0), 'n', 'Train on so many images only; 0 for all'),
      seed: optional(wholeFrom(0), 'n', 'Random seed (default: 0)'),
      saveSteps: optional(wholeFrom(1), 'n', 'Save after so many steps, and after each epoch (default: 50)'),
      backend: {
        ...optional(String, 'name', 'auto, wasm, cpu, … (default: auto)'),
        proposeCompletions: proposals.backends,
      },
      threads: optional(wholeFrom(0), 'n', 'Threads of the WASM backend (default: all cores)'),
      out: optional(String, 'dir', 'Folder for the run (default: runs/<date>-<net>)'),
      from: optional(String, 'run|file', 'Begin with the weights of a checkpoint, such as resfn import makes'),
      resume: optional(String, 'dir', 'Resume the run in a folder'),
      ...commonFlags,
    },
  },
  func: perform(async () => (await import('../actions/train.ts')).trainOrResume),
})
