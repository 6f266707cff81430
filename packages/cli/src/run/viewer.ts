import type { Grey16 } from '@resfn/decode-image'
import type { LoadedNet } from '@resfn/hub'
import { formatShape, type Layer } from '@resfn/layer'
import { type Pixels, preprocess, type Preprocessing, withChannels } from '@resfn/preprocessing'
import { toFloat } from '@resfn/transforms'
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import type { Context } from '../context/context.ts'
import { dataSource } from '../data/load-data.ts'
import { CliError } from '../error.ts'
import { type Invert, lightOnDark, likeDataSet, onWhite } from '../image/like-data-set.ts'
import { type LoadedCheckpoint, variablesOf } from './checkpoint-file.ts'
import { storedPreprocessing } from './stored-preprocessing.ts'
import { type ImageSize, preprocessingOf } from './trained-net.ts'

/** A picture as the net takes it, and in words what was done to it. */
export type Seen = { readonly x: Float32Array; readonly steps: readonly string[] }

/** A net with its weights that looks at pictures. */
export type Viewer = {
  readonly name: string
  readonly classes: readonly string[]
  /** What the net takes. */
  readonly input: ImageSize
  readonly see: (pixels: Pixels) => Seen
  /** The net itself with its weights, for what is not in its logits. */
  readonly net: Layer<unknown, unknown>
  readonly params: unknown
  readonly state: unknown
  /** Logits of a batch. */
  readonly apply: (x: Tensor4D) => Tensor
  /** What becomes of grey pictures of 16 bits. */
  readonly grey16: Grey16
  /** Where the weights are from. */
  readonly checkpoint?: string
  readonly revision?: string
}

/** The net of a checkpoint, which also takes images as its data set has them. */
export type CheckpointViewer = Viewer & { readonly prepare: (bytes: Uint8Array) => Float32Array }

/** How pictures are prepared, where the net does not say all of it. */
export type ViewerOptions = { readonly invert: Invert; readonly normalise?: boolean }

/** The size of the images that the net was trained on, or else of those that it takes. */
/** `size`, if a net takes images of it. */
const imageSize = (
  { path, checkpoint }: LoadedCheckpoint,
  size: readonly number[],
): readonly [number, number, 1 | 3] => {
  const [height, width, channels] = size
  if (height === undefined || width === undefined || (channels !== 1 && channels !== 3))
    throw new CliError(
      'OtherImages',
      `${path}: its net takes no images but ${formatShape(checkpoint.description.net.input)}; give a checkpoint of a net for images`,
    )
  return [height, width, channels]
}

/** How a net sees a picture that says how its pictures are prepared. */
const seenAs =
  (preprocessing: Preprocessing, invert: Invert): Viewer['see'] =>
  (pixels) => {
    const { channels } = preprocessing
    // A net for photographs sees them as they are. One for grey images learned on light things on black.
    const { pixels: shown, steps } =
      channels === 3 && invert !== 'yes'
        ? { pixels, steps: [] }
        : lightOnDark(withChannels(onWhite(pixels), channels), invert)
    return { x: preprocess(shown, preprocessing), steps }
  }

/** How a net sees a picture that was trained on the images of a data set: made like one of them. */
const seenAsDataSet =
  (
    image: readonly [number, number, 1 | 3],
    prepare: (bytes: Uint8Array) => Float32Array,
    invert: Invert,
  ): Viewer['see'] =>
  (pixels) => {
    const { pixels: liked, steps } = likeDataSet(pixels, image, invert)
    return { x: prepare(new Uint8Array(liked.data)), steps }
  }

/** What is done to images as the data set of a checkpoint has them. */
const preparation = (
  context: Context,
  loaded: LoadedCheckpoint,
  { image, normalise }: { readonly image: ImageSize; readonly normalise: boolean | undefined },
): ((bytes: Uint8Array) => Float32Array) => {
  const transform = preprocessingOf(context, loaded, { image, normalise, source: dataSource })
  return (bytes) => transform(toFloat(bytes, [1, ...image])).images
}

/** Weights of another program were not trained on the images of a data set. */
const takesPictures =
  ({ path }: LoadedCheckpoint) =>
  (): never => {
    throw new CliError('OtherImages', `${path}: its net was trained on pictures of its own; give it pictures`)
  }

/** The net of a run or a checkpoint. A backend must be running. */
export const viewerOfCheckpoint = (
  context: Context,
  loaded: LoadedCheckpoint,
  { invert, normalise }: ViewerOptions,
): CheckpointViewer => {
  const { classes, input } = loaded.checkpoint.description.net
  const image = imageSize(loaded, loaded.notes._tag === 'Right' ? loaded.notes.right.image : input)
  const stored = storedPreprocessing(loaded.checkpoint.description.training)
  const prepare = stored === undefined ? preparation(context, loaded, { image, normalise }) : takesPictures(loaded)
  const { params, state } = variablesOf(loaded)
  return {
    name: loaded.name,
    classes,
    input: imageSize(loaded, input),
    see: stored === undefined ? seenAsDataSet(image, prepare, invert) : seenAs(stored, invert),
    net: loaded.net,
    params,
    state,
    apply: (x) => loaded.net.apply(params, x, state),
    // The numbers of a data set are those of 8 bits.
    grey16: stored === undefined ? 'scale' : 'clip',
    checkpoint: loaded.path,
    prepare,
  }
}

/** A net from a hub or a folder, which says how its pictures are prepared. */
export const viewerOfNet = (
  { name, net, params, state, classes, preprocessing, revision }: LoadedNet,
  { invert }: ViewerOptions,
): Viewer => {
  const { size, channels } = preprocessing
  return {
    name,
    classes,
    input: [...size, channels],
    see: seenAs(preprocessing, invert),
    net,
    params,
    state,
    apply: (x) => net.apply(params, x, state),
    grey16: 'clip',
    ...(revision !== undefined && { revision }),
  }
}
