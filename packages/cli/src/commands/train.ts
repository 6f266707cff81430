import { buildCommand, type Command } from '@stricli/core'
import { function as F, taskEither as TE } from 'fp-ts'
import type { Context } from '../context.ts'
import { type CliError, usageError } from '../error.ts'
import { finish } from '../finish.ts'
import { from0, positive, wholeFrom } from '../numbers.ts'
import { commonFlags, type CommonFlags, type Output, print } from '../output.ts'
import { presets } from '../presets.ts'
import type { SettingFlags } from '../settings.ts'
import { resume, startNew } from '../start.ts'
import { trainIn } from '../training.ts'

type Flags = CommonFlags & SettingFlags & { readonly out?: string; readonly resume?: string }

/** Trains a new run, or goes on with one, to its end. */
export const trainRun = (
  context: Context,
  { json: _json, debug: _debug, out, resume: folder, ...settings }: Flags,
): TE.TaskEither<CliError, Output> => {
  const { data, ...fixed } = settings
  const given = Object.entries({ ...fixed, out }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]))
  if (folder !== undefined && given.length > 0)
    return TE.left(
      usageError(
        `a run is resumed with the settings it was started with, so ${given.join(' and ')} cannot be given; start a new run to change them`,
      ),
    )
  return F.pipe(
    folder === undefined ? startNew(context, settings, out) : resume(context, folder, data),
    TE.flatMap((ready) =>
      F.pipe(
        trainIn(context, ready.task, ready.files, ready.kept, ready.run),
        TE.flatMap((run) => finish(context, ready, run)),
        TE.chainFirstIOK(() => ready.backend.dispose),
      ),
    ),
  )
}

export const trainCommand: Command<Context> = buildCommand<Flags, [], Context>({
  docs: {
    brief: 'Train a net, or go on with a run',
    fullDescription: [
      'Trains a net on Fashion-MNIST by a preset; every flag overrides it. The images are those of --data, of the folder in RESFN_DATA, those that',
      '`resfn data fetch` got, or the 10,000 + 2,000 that come with resfn. Leaves a folder with args.json, log.jsonl, checkpoint.safetensors and',
      'report.html. Ctrl-C saves; --resume goes on, to exactly the weights that the unbroken run would have had.',
      '',
      'Presets:',
      ...Object.entries(presets).map(([name, { description }]) => `  ${name.padEnd(18)} ${description}`),
    ].join('\n'),
  },
  parameters: {
    flags: {
      preset: {
        kind: 'parsed',
        parse: String,
        brief: 'A recipe by name (default: default)',
        optional: true,
        placeholder: 'name',
      },
      net: {
        kind: 'parsed',
        parse: String,
        brief: "Another net than the preset's; see resfn nets",
        optional: true,
        placeholder: 'name',
      },
      data: {
        kind: 'parsed',
        parse: String,
        brief: 'Folder with the four files of Fashion-MNIST, or subset for the images that come with resfn',
        optional: true,
        placeholder: 'dir|subset',
      },
      epochs: {
        kind: 'parsed',
        parse: wholeFrom(0),
        brief: 'Passes over the training images',
        optional: true,
        placeholder: 'n',
      },
      batch: { kind: 'parsed', parse: wholeFrom(1), brief: 'Images in a batch', optional: true, placeholder: 'n' },
      lr: { kind: 'parsed', parse: positive, brief: 'The highest learning rate', optional: true, placeholder: 'rate' },
      schedule: {
        kind: 'enum',
        values: ['constant', 'cosine', 'milestones', 'one-cycle'],
        brief: 'How the learning rate goes',
        optional: true,
      },
      optimiser: { kind: 'enum', values: ['sgd', 'adam'], brief: 'The optimiser', optional: true },
      momentum: { kind: 'parsed', parse: from0, brief: 'Of SGD, below 1', optional: true, placeholder: 'm' },
      nesterov: { kind: 'boolean', brief: "Nesterov's momentum", optional: true, withNegated: true },
      weightDecay: {
        kind: 'parsed',
        parse: from0,
        brief: 'On all weights but biases and batch normalisation',
        optional: true,
        placeholder: 'decay',
      },
      smoothing: {
        kind: 'parsed',
        parse: from0,
        brief: 'Label smoothing, from 0 to 1',
        optional: true,
        placeholder: 's',
      },
      resize: {
        kind: 'parsed',
        parse: wholeFrom(0),
        brief: 'Side that the images are resized to; 0 leaves them',
        optional: true,
        placeholder: 'pixels',
      },
      flip: { kind: 'boolean', brief: 'Mirror half of the images', optional: true, withNegated: true },
      crop: {
        kind: 'parsed',
        parse: wholeFrom(0),
        brief: 'Pixels of padding for random crops; 0 for none',
        optional: true,
        placeholder: 'pixels',
      },
      normalise: {
        kind: 'boolean',
        brief: 'Shift and scale the images by mean and deviation',
        optional: true,
        withNegated: true,
      },
      images: {
        kind: 'parsed',
        parse: wholeFrom(0),
        brief: 'Train on so many images only; 0 for all',
        optional: true,
        placeholder: 'n',
      },
      seed: {
        kind: 'parsed',
        parse: wholeFrom(0),
        brief: 'All chance comes from it (default: 0)',
        optional: true,
        placeholder: 'n',
      },
      saveSteps: {
        kind: 'parsed',
        parse: wholeFrom(1),
        brief: 'Save after so many steps, and after each epoch (default: 50)',
        optional: true,
        placeholder: 'n',
      },
      backend: {
        kind: 'parsed',
        parse: String,
        brief: 'auto, wasm, cpu, … (default: auto)',
        optional: true,
        placeholder: 'name',
      },
      threads: {
        kind: 'parsed',
        parse: wholeFrom(0),
        brief: 'Threads of the WASM backend (default: all cores)',
        optional: true,
        placeholder: 'n',
      },
      out: {
        kind: 'parsed',
        parse: String,
        brief: 'Folder for the run (default: runs/<date>-<net>)',
        optional: true,
        placeholder: 'dir',
      },
      resume: {
        kind: 'parsed',
        parse: String,
        brief: 'Go on with the run in a folder',
        optional: true,
        placeholder: 'dir',
      },
      ...commonFlags,
    },
  },
  func(flags) {
    return print(this, flags, trainRun(this, flags))
  },
})
