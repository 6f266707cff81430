import { buildCommand, type Command } from '@stricli/core'
import { type ImageSet, select } from '@resfn/batches'
import { toFloat } from '@resfn/transforms'
import { tensor, tidy } from '@tensorflow/tfjs-core'
import { taskEither as TE } from 'fp-ts'
import { type BackendFlags, startBackend } from '../backend.ts'
import { openCheckpoint, type Opened } from '../checkpoint-file.ts'
import { type Context, say } from '../context.ts'
import { describeData, loadData } from '../data-source.ts'
import { type CliError, toCliError, usageError } from '../error.ts'
import type { AnyVariables } from '../evaluation.ts'
import { table } from '../format.ts'
import { type Invert, readImage } from '../image-file.ts'
import { preprocess } from '../learning.ts'
import { wholeFrom } from '../numbers.ts'
import { orThrow } from '../or-throw.ts'
import { commonFlags, type CommonFlags, type Output, print } from '../output.ts'
import { backendFlags, variablesOf } from './eval.ts'

type Flags = CommonFlags &
  BackendFlags & { readonly index?: number; readonly top: number; readonly invert: Invert; readonly data: string }

/** What is to be classified: its pixels, and in words where they come from. */
type Subject = { readonly pixels: Uint8Array; readonly from: string; readonly label?: string }

const testImage = (test: ImageSet, index: number): Subject => {
  if (index >= test.labels.length)
    throw usageError(`--index ${index}: the test set has the images 0 to ${test.labels.length - 1}`)
  const { images, labels } = select(test, [index])
  return { pixels: images, from: `test image ${index}`, label: test.classes[labels[0]!] ?? `class ${labels[0]}` }
}

const subjectOf = async (
  context: Context,
  { kept: { image } }: Opened,
  { index, invert, data }: Flags,
  path: string | undefined,
): Promise<Subject> => {
  if ((path === undefined) === (index === undefined))
    throw usageError('give an image file, or --index N for an image of the test set (one of the two)')
  if (index !== undefined) {
    const images = await orThrow(loadData(context, data))
    say(context, `data ${describeData(images)}`)
    return testImage(images.test, index)
  }
  const { pixels, steps } = await orThrow(readImage(context, path!, image, invert))
  say(context, `image ${path}: ${steps.join(', ')}`)
  return { pixels, from: path! }
}

const probabilities = async (
  { net, kept: { image, settings } }: Opened,
  { params, state }: AnyVariables,
  pixels: Uint8Array,
): Promise<readonly number[]> => {
  const { images, shape } = preprocess(settings)(toFloat(pixels, [1, ...image]))
  const logits = tidy(() => net.apply(params, tensor(images, [...shape], 'float32'), state))
  const scores = [...(await logits.data())]
  logits.dispose()
  const largest = Math.max(...scores)
  const exponentials = scores.map((score) => Math.exp(score - largest))
  const total = exponentials.reduce((sum, value) => sum + value, 0)
  return exponentials.map((value) => value / total)
}

/** The most probable classes of an image. */
export const predictImage = (
  context: Context,
  flags: Flags,
  given: string,
  path?: string,
): TE.TaskEither<CliError, Output> =>
  TE.tryCatch(async () => {
    const opened = await orThrow(openCheckpoint(context, given))
    const subject = await subjectOf(context, opened, flags, path)
    const backend = await orThrow(startBackend(context, flags))
    const variables = await orThrow(variablesOf(opened))
    const { classes } = opened.checkpoint.description.net
    const found = (await probabilities(opened, variables, subject.pixels))
      .map((probability, label) => ({ class: classes[label] ?? `class ${label}`, label, probability }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, flags.top)
    backend.dispose()
    return {
      json: {
        checkpoint: opened.path,
        net: opened.name,
        image: subject.from,
        label: subject.label ?? null,
        predictions: found,
      },
      text: [
        ...(subject.label === undefined ? [] : [`${subject.from} is: ${subject.label}`]),
        table(
          found.map((one) => [one.class, `${(100 * one.probability).toFixed(1)} %`]),
          ['left', 'right'],
        ),
      ].join('\n'),
    }
  }, toCliError)

export const predictCommand: Command<Context> = buildCommand<Flags, [string, string?], Context>({
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
      index: {
        kind: 'parsed',
        parse: wholeFrom(0),
        brief: 'An image of the test set by its number',
        optional: true,
        placeholder: 'n',
      },
      top: { kind: 'parsed', parse: wholeFrom(1), brief: 'How many classes to show', default: '3', placeholder: 'n' },
      invert: { kind: 'enum', values: ['auto', 'yes', 'no'], brief: 'Swap light and dark', default: 'auto' },
      data: {
        kind: 'parsed',
        parse: String,
        brief: 'Where --index looks: a folder, subset, or auto',
        default: 'auto',
        placeholder: 'dir|subset',
      },
      ...backendFlags,
      ...commonFlags,
    },
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'Checkpoint file or folder of a run', parse: String, placeholder: 'checkpoint' },
        { brief: 'Image file', parse: String, placeholder: 'image', optional: true },
      ],
    },
  },
  func(flags, checkpoint, image) {
    return print(this, flags, predictImage(this, flags, checkpoint, image))
  },
})
