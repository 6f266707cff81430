import type { Grey16 } from '@resfn/decode-image'
import { formatShape, type Layer, type Shape } from '@resfn/layer'
import {
  inProportions,
  type Invert,
  lightOnDark,
  likeDataSet,
  onWhite,
  type Pixels,
  placeAround,
  placeIn,
  placeOf,
  preprocess,
  type Preprocessing,
  trimmed,
  type Window,
  withChannels,
} from '@resfn/preprocessing'
import { toFloat } from '@resfn/transforms'
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import type { Context } from '../context/context.ts'
import { dataSource } from '../data/load-data.ts'
import { CliError } from '../error.ts'
import type { LoadedCheckpoint } from './checkpoint-file.ts'
import type { AnyVariables } from './evaluation.ts'
import type { LocatedNet, Origin } from './located-net.ts'
import { photoView } from './photo-preprocessing.ts'
import { type ImageSize, preprocessingOf } from './trained-net.ts'

/** A picture as the net takes it. */
export type Seen = {
  readonly x: Float32Array
  /** What was done to it, in words. */
  readonly steps: readonly string[]
  /** The rectangle of the picture that the net sees, in its pixels. */
  readonly place: Window
}

/** A net with its weights that looks at pictures. */
export type Viewer = {
  readonly name: string
  readonly classes: readonly string[]
  /** What the net takes. */
  readonly input: ImageSize
  readonly see: (pixels: Pixels) => Seen
  /** Makes of an image as the data set has it what the net takes. */
  readonly prepare: (bytes: Uint8Array) => Float32Array
  /** The net itself with its weights, for what is not in its logits. */
  readonly net: Layer<unknown, unknown>
  readonly params: unknown
  readonly state: unknown
  /** Logits of a batch. */
  readonly apply: (x: Tensor4D) => Tensor
  /** What becomes of grey pictures of 16 bits. */
  readonly grey16: Grey16
  /** Where the weights are from. */
  readonly origin: Origin
}

/** How pictures are prepared, where the net does not say all of it. */
export type ViewerOptions = { readonly invert: Invert; readonly normalise?: boolean }

/** `size`, if a net takes images of it. */
const imageSize = ({ where, input }: LocatedNet, size: Shape): readonly [number, number, 1 | 3] => {
  const [height, width, channels] = size
  if (height === undefined || width === undefined || (channels !== 1 && channels !== 3))
    throw new CliError(
      'OtherImages',
      `${where}: its net takes no images but ${formatShape(input)}; give a checkpoint of a net for images`,
    )
  return [height, width, channels]
}

/** How a net sees a picture that says how its pictures are prepared. */
const seenAs =
  (preprocessing: Preprocessing, invert: Invert): Viewer['see'] =>
  (pixels) => {
    const { channels, size } = preprocessing
    // A net for photographs sees them as they are. One for grey images learned on light things on black.
    if (channels === 3 && invert !== 'yes')
      return { x: preprocess(pixels, preprocessing), steps: [], place: placeOf(pixels, preprocessing) }
    const shown = lightOnDark(withChannels(onWhite(pixels), channels), invert)
    if (channels === 3)
      return {
        x: preprocess(shown.pixels, preprocessing),
        steps: shown.steps,
        place: placeOf(pixels, preprocessing),
      }
    const cut = trimmed(shown.pixels, size)
    const whole = inProportions(cut.pixels, size)
    const around = placeIn(cut.place, cut.pixels, placeAround(cut.pixels, whole))
    return {
      x: preprocess(whole, preprocessing),
      steps: [...cut.steps, ...shown.steps],
      place: placeIn(around, whole, placeOf(whole, preprocessing)),
    }
  }

/** How a net sees a picture that was trained on the images of a data set: made like one of them. */
const seenAsDataSet =
  (image: readonly [number, number, 1 | 3], prepare: Viewer['prepare'], invert: Invert): Viewer['see'] =>
  (pixels) => {
    const { pixels: liked, ...seen } = likeDataSet(pixels, image, invert)
    return { x: prepare(new Uint8Array(liked.data)), ...seen }
  }

/** What is done to images as the data set of a checkpoint has them. */
const preparation = (
  context: Context,
  loaded: LoadedCheckpoint,
  { image, normalise }: { readonly image: ImageSize; readonly normalise: boolean | undefined },
): Viewer['prepare'] => {
  const transform = preprocessingOf(context, loaded, { image, normalise, source: dataSource })
  return (bytes) => transform(toFloat(bytes, [1, ...image])).images
}

/** How a net sees pictures, and what becomes of grey ones of 16 bits. */
type Sight = Pick<Viewer, 'see' | 'prepare' | 'grey16'>

const sightOf = (context: Context, located: LocatedNet, { invert, normalise }: ViewerOptions): Sight => {
  const { preprocessing, loaded, input, where } = located
  if (preprocessing !== undefined || loaded === undefined) {
    const view = photoView(located)
    // Weights of another program were not trained on the images of a data set.
    const prepare = (): never => {
      throw new CliError('OtherImages', `${where}: its net was trained on pictures of its own; give it pictures`)
    }
    return { see: seenAs(view, invert), prepare, grey16: 'clip' }
  }
  const image = imageSize(located, loaded.notes._tag === 'Right' ? loaded.notes.right.image : input)
  const prepare = preparation(context, loaded, { image, normalise })
  // The numbers of a data set are those of 8 bits.
  return { see: seenAsDataSet(image, prepare, invert), prepare, grey16: 'scale' }
}

/** A net that was found, with its weights, ready to look at pictures. */
export const viewerOf = (
  context: Context,
  located: LocatedNet,
  { params, state }: AnyVariables,
  options: ViewerOptions,
): Viewer => {
  const { name, origin, classes, net, input } = located
  return {
    name,
    origin,
    classes,
    input: imageSize(located, input),
    ...sightOf(context, located, options),
    net,
    params,
    state,
    apply: (x) => net.apply(params, x, state),
  }
}

/** Reads the weights of a net that was found. A backend must be running. */
export const openNet = async (context: Context, located: LocatedNet, options: ViewerOptions): Promise<Viewer> =>
  viewerOf(context, located, await located.variables(), options)
