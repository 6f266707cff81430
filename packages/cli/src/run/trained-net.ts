import { formatShape, sameShape } from '@resfn/layer'
import { preprocessing, type Preprocessing } from '@resfn/recipe'
import { type Images, outputShape } from '@resfn/transforms'
import { type Context, say } from '../context/context.ts'
import type { DataName } from '../data/data-source.ts'
import { type DataOptions, loadData, type LoadedData } from '../data/load-data.ts'
import { CliError, toCliError } from '../error.ts'
import type { LoadedCheckpoint } from './checkpoint-file.ts'
import type { LocatedNet } from './located-net.ts'

/** Height, width and channels of one image. */
export type ImageSize = readonly [height: number, width: number, channels: number]

/** How images are prepared for a checkpoint that does not say it: resized to its input, normalised if asked. */
const guessed = (
  context: Context,
  {
    input,
    image,
    normalise,
  }: { readonly input: readonly number[]; readonly image: ImageSize; readonly normalise: boolean },
): Preprocessing => {
  const [height = 0, width] = input
  const resize = height === width && height !== image[0] ? height : 0
  const resized = resize === 0 ? '' : `resized to ${resize} x ${resize} and `
  say(
    context,
    `the checkpoint does not say how its images were prepared: they are ${resized}${normalise ? 'normalised' : 'not normalised (see --normalise)'}`,
  )
  return { resize, normalise }
}

/**
 * What is done to images before the net of a checkpoint sees them.
 *
 * @param image the images as they are read; the net's own size where the checkpoint does not say what it was trained on
 */
export const preprocessingOf = (
  context: Context,
  { path, checkpoint, notes }: LoadedCheckpoint,
  {
    image,
    normalise,
    source,
  }: { readonly image: ImageSize; readonly normalise: boolean | undefined; readonly source: DataName },
): ((images: Images) => Images) => {
  const { input } = checkpoint.description.net
  const steps =
    notes._tag === 'Right'
      ? { ...notes.right.settings, ...(normalise !== undefined && { normalise }) }
      : guessed(context, { input, image, normalise: normalise ?? false })
  const preprocess = preprocessing(steps, source.moments)
  const found = outputShape(preprocess, image)
  if (!sameShape(found, input))
    throw new CliError(
      'OtherImages',
      `${path}: its net takes ${formatShape(input)} images, the data has ${formatShape(image)}; give images of that size with --data`,
    )
  return preprocess
}

/**
 * The images that are asked for, or those of the run; warns where they are others than those of the run. A net that was
 * not trained here has seen none of them, so that all photos are for testing, unless folders say which.
 */
export const dataOf = async (
  context: Context,
  { loaded }: LocatedNet,
  asked: string | undefined,
): Promise<LoadedData> => {
  if (loaded === undefined || loaded.notes._tag === 'Left')
    return loadData(context, asked ?? 'auto', { testing: 'all' })
  const { settings, digest } = loaded.notes.right
  const data = await loadRunData(context, settings.data, asked, settings)
  if (data.digest !== digest) say(context, 'warning: these are other images than those of the run')
  return data
}

const loadRunData = async (
  context: Context,
  own: string,
  asked: string | undefined,
  split: DataOptions,
): Promise<LoadedData> => {
  if (asked !== undefined) return loadData(context, asked, split)
  try {
    return await loadData(context, own, { ...split, reason: 'those of the run' })
  } catch (error) {
    const { _tag, message, exitCode, cause } = toCliError(error)
    throw new CliError(_tag, `the images of the run: ${message}; or name other images with --data`, { exitCode, cause })
  }
}
