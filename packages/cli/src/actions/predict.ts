import { type ImageSet, select } from '@resfn/batches'
import { formatShape } from '@resfn/layer'
import { toFloat } from '@resfn/transforms'
import { softmax, tensor, tidy } from '@tensorflow/tfjs-core'
import type { PredictFlags } from '../commands/predict.ts'
import { type Context, say } from '../context/context.ts'
import { dataSource, describeData } from '../data/load-data.ts'
import { CliError, usageError } from '../error.ts'
import { readImage } from '../image/image-file.ts'
import type { Action } from '../output.ts'
import { startBackend } from '../run/backend.ts'
import { type LoadedCheckpoint, openCheckpoint, variablesOf } from '../run/checkpoint-file.ts'
import type { TrainedNet } from '../run/evaluation.ts'
import { dataOf, type ImageSize, preprocessingOf } from '../run/trained-net.ts'
import { table } from '../text/layout.ts'

/** An image to be classified: its pixels, and in words where they come from. */
type GivenImage = {
  readonly pixels: Uint8Array
  readonly size: ImageSize
  readonly from: string
  readonly label?: string
}

const testImage = (test: ImageSet, index: number): GivenImage => {
  if (index >= test.labels.length)
    throw usageError(`--index ${index}: the test set has the images 0 to ${test.labels.length - 1}`)
  const { images, labels } = select(test, [index])
  return {
    pixels: images,
    size: test.shape,
    from: `test image ${index}`,
    label: test.classes[labels[0]!] ?? `class ${labels[0]}`,
  }
}

/** The size of the images that the net was trained on, or else of those that it takes. */
const imageSize = ({ path, checkpoint, notes }: LoadedCheckpoint): ImageSize => {
  if (notes._tag === 'Right') return notes.right.image
  const [height, width, channels] = checkpoint.description.net.input
  if (height === undefined || width === undefined || channels === undefined)
    throw new CliError(
      'OtherImages',
      `${path}: its net takes no images but ${formatShape(checkpoint.description.net.input)}; give a checkpoint of a net for images`,
    )
  return [height, width, channels]
}

const givenImage = async (
  context: Context,
  loaded: LoadedCheckpoint,
  { index, invert, data }: PredictFlags,
  path: string | undefined,
): Promise<GivenImage> => {
  if (index !== undefined && path === undefined) {
    const images = await dataOf(context, loaded, data)
    say(context, `data ${describeData(images)}`)
    return testImage(images.test, index)
  }
  if (index !== undefined || path === undefined)
    throw usageError('give an image file, or --index N for an image of the test set (one of the two)')
  const size = imageSize(loaded)
  const { pixels, steps } = await readImage(context, path, size, invert)
  say(context, `image ${path}: ${steps.join(', ')}`)
  return { pixels, size, from: path }
}

const probabilities = async (
  { net, variables: { params, state }, preprocess }: TrainedNet,
  { pixels, size }: GivenImage,
): Promise<readonly number[]> => {
  const { images, shape } = preprocess(toFloat(pixels, [1, ...size]))
  const found = tidy(() => softmax(net.apply(params, tensor(images, [...shape], 'float32'), state)))
  const result = [...(await found.data())]
  found.dispose()
  return result
}

/** The most probable classes of an image. */
export const predictImage: Action<PredictFlags, [string, string?]> = async (context, flags, given, path) => {
  const loaded = await openCheckpoint(context, given, flags.net)
  const image = await givenImage(context, loaded, flags, path)
  const preprocess = preprocessingOf(context, loaded, {
    image: image.size,
    normalise: flags.normalise,
    source: dataSource,
  })
  const backend = await startBackend(context, flags)
  const { classes } = loaded.checkpoint.description.net
  const predictions = (await probabilities({ net: loaded.net, variables: variablesOf(loaded), preprocess }, image))
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
