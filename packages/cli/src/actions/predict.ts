import { type ImageSet, select } from '@resfn/batches'
import { preprocessing } from '@resfn/recipe'
import { toFloat } from '@resfn/transforms'
import { softmax, tensor, tidy } from '@tensorflow/tfjs-core'
import type { PredictFlags } from '../commands/predict.ts'
import { type Context, say } from '../context/context.ts'
import { dataSource, describeData, loadData } from '../data/load-data.ts'
import { usageError } from '../error.ts'
import { readImage } from '../image/image-file.ts'
import type { Action } from '../output.ts'
import { startBackend } from '../run/backend.ts'
import { type LoadedCheckpoint, openCheckpoint, variablesOf } from '../run/checkpoint-file.ts'
import type { AnyVariables } from '../run/evaluation.ts'
import { table } from '../text/layout.ts'

/** An image to be classified: its pixels, and in words where they come from. */
type GivenImage = { readonly pixels: Uint8Array; readonly from: string; readonly label?: string }

const testImage = (test: ImageSet, index: number): GivenImage => {
  if (index >= test.labels.length)
    throw usageError(`--index ${index}: the test set has the images 0 to ${test.labels.length - 1}`)
  const { images, labels } = select(test, [index])
  return { pixels: images, from: `test image ${index}`, label: test.classes[labels[0]!] ?? `class ${labels[0]}` }
}

const givenImage = async (
  context: Context,
  { notes: { image } }: LoadedCheckpoint,
  { index, invert, data }: PredictFlags,
  path: string | undefined,
): Promise<GivenImage> => {
  if (index !== undefined && path === undefined) {
    const images = await loadData(context, data)
    say(context, `data ${describeData(images)}`)
    return testImage(images.test, index)
  }
  if (index !== undefined || path === undefined)
    throw usageError('give an image file, or --index N for an image of the test set (one of the two)')
  const { pixels, steps } = await readImage(context, path, image, invert)
  say(context, `image ${path}: ${steps.join(', ')}`)
  return { pixels, from: path }
}

const probabilities = async (
  { net, notes: { image, settings } }: LoadedCheckpoint,
  { params, state }: AnyVariables,
  pixels: Uint8Array,
): Promise<readonly number[]> => {
  const { images, shape } = preprocessing(settings, dataSource.moments)(toFloat(pixels, [1, ...image]))
  const found = tidy(() => softmax(net.apply(params, tensor(images, [...shape], 'float32'), state)))
  const result = [...(await found.data())]
  found.dispose()
  return result
}

/** The most probable classes of an image. */
export const predictImage: Action<PredictFlags, [string, string?]> = async (context, flags, given, path) => {
  const loaded = await openCheckpoint(context, given)
  const image = await givenImage(context, loaded, flags, path)
  const backend = await startBackend(context, flags)
  const { classes } = loaded.checkpoint.description.net
  const predictions = (await probabilities(loaded, variablesOf(loaded), image.pixels))
    .map((probability, label) => ({ class: classes[label] ?? `class ${label}`, label, probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, flags.top)
  backend.dispose()
  return {
    json: { checkpoint: loaded.path, net: loaded.name, image: image.from, label: image.label ?? null, predictions },
    text: [
      ...(image.label === undefined ? [] : [`${image.from} is: ${image.label}`]),
      table({
        rows: predictions.map((one) => [one.class, `${(100 * one.probability).toFixed(1)} %`]),
        align: ['left', 'right'],
        columns: context.columns(),
      }),
    ].join('\n'),
  }
}
