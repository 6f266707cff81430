import { join, relative, resolve } from 'node:path'
import { select } from '@resfn/batches'
import type { PredictFlags } from '../commands/predict.ts'
import { type Context, say } from '../context/context.ts'
import { isFiles } from '../data/data-part.ts'
import { describeData } from '../data/load-data.ts'
import { CliError, usageError } from '../error.ts'
import { isPattern } from '../image/glob.ts'
import { isNamedAsPicture, picturePaths, standardInput } from '../image/picture-paths.ts'
import { type Predicted, type Prediction, predictionFormat, type Unread, unread } from '../image/prediction-file.ts'
import { pictureName } from '../image/read-picture.ts'
import type { Action, Output } from '../output.ts'
import { startBackend } from '../run/backend.ts'
import { locateNet, type LocatedNet } from '../run/located-net.ts'
import { classify, lookAt } from '../run/look-at.ts'
import { usualNet } from '../run/own-nets.ts'
import { dataOf } from '../run/trained-net.ts'
import { openNet, type Viewer } from '../run/viewer.ts'
import { count } from '../text/format.ts'
import { table } from '../text/layout.ts'

/** Where the weights are, the net to build if they do not say it, and the pictures to look at. */
type Request = { readonly from: string; readonly net?: string; readonly pictures: readonly string[] }

const isCheckpoint = async ({ cwd, files }: Context, given: string): Promise<boolean> => {
  const path = resolve(cwd, given)
  const kind = await files.kind(path)
  return kind === 'folder'
    ? (await files.kind(join(path, 'checkpoint.safetensors'))) === 'file'
    : kind === 'file' && path.endsWith('.safetensors')
}

/** Whether an argument names pictures rather than a net. */
const namesPictures = async ({ cwd, files }: Context, given: string): Promise<boolean> => {
  if (isNamedAsPicture(given) || given === standardInput) return true
  const path = resolve(cwd, given)
  const kind = await files.kind(path)
  if (kind !== 'folder') return kind === 'none' && isPattern(given)
  const holds = await Promise.all(
    ['checkpoint.safetensors', 'config.json', 'args.json'].map((file) => files.kind(join(path, file))),
  )
  return holds.every((found) => found === 'none')
}

/** The arguments are `RUN PATHS…` or `PATHS…`, with `--net RUN` or for the net that comes with the command. */
const requested = async (
  context: Context,
  { net, index }: PredictFlags,
  given: readonly string[],
): Promise<Request> => {
  const [from, ...pictures] = given
  if (net !== undefined && (from === undefined || !(await isCheckpoint(context, from))))
    return { from: net, pictures: given }
  if (from === undefined)
    throw usageError(
      'say what to look at: resfn predict PATHS…, and --net RUN for a net of yours; see resfn predict --help',
    )
  if (index === undefined && (await namesPictures(context, from))) {
    say(context, `net ${usualNet}, which knows ten kinds of clothing; --net names another one`)
    return { from: usualNet, pictures: given }
  }
  return { from, pictures, ...(net !== undefined && { net }) }
}

/** Rows of what the net says. */
const shares = (predictions: readonly Prediction[]): readonly (readonly string[])[] =>
  predictions.map((one) => [one.class, `${(100 * one.probability).toFixed(1)} %`])

const about = ({ name, origin }: Viewer): object => ({ net: name, ...origin })

const predictTestImage = async (
  context: Context,
  located: LocatedNet,
  viewer: Viewer,
  { index, data, top }: PredictFlags & { readonly index: number },
): Promise<Output> => {
  const images = await dataOf(context, located, data)
  say(context, `data ${describeData(images)}`)
  const { test } = images
  if (index >= test.labels.length)
    throw usageError(`--index ${index}: the test set has the images 0 to ${test.labels.length - 1}`)
  if (isFiles(test))
    throw usageError(`--index ${index} is for images of a data set; give the photo itself: ${test.paths[index]}`)
  const { images: bytes, labels } = select(test, [index])
  const label = test.classes[labels[0]!] ?? `class ${labels[0]}`
  const image = `test image ${index}`
  const [predictions = []] = await classify(viewer, [viewer.prepare(bytes)], top)
  return {
    json: { ...about(viewer), file: null, classified: 1, failed: [], images: [{ image, label, predictions }] },
    text: [
      `${image} is: ${label}`,
      table({ rows: shares(predictions), align: ['left', 'right'], columns: context.columns() }),
    ].join('\n'),
  }
}

/** The name of a picture in a table: short below the current folder, and its end where it takes too much of a line. */
const shortName = ({ cwd, columns }: Context, path: string): string => {
  const below = path === standardInput ? pictureName(path) : relative(cwd, path)
  const name = below.startsWith('..') ? path : below
  const most = Math.max(24, Math.floor(columns() * 0.4))
  return name.length <= most ? name : `…${name.slice(1 - most)}`
}

const textOf = (context: Context, images: readonly Extract<Predicted, { readonly predictions: unknown }>[]): string => {
  const columns = context.columns()
  if (images.length === 1) return table({ rows: shares(images[0]!.predictions), align: ['left', 'right'], columns })
  const rows = images.map(({ image, predictions }) => {
    const [first = [], ...others] = shares(predictions)
    return [shortName(context, image), ...first, others.map((other) => other.join(' ')).join(', ')]
  })
  return table({ rows, align: ['left', 'left', 'right', 'left'], columns })
}

const predictPaths = async (
  context: Context,
  viewer: Viewer,
  paths: readonly string[],
  { top, strict, out }: PredictFlags,
): Promise<Output> => {
  const file = out === undefined ? undefined : resolve(context.cwd, out)
  const images: Extract<Predicted, { readonly predictions: unknown }>[] = []
  const failed: Unread[] = []
  let classified = 0
  const { signal, release } = context.interrupts()
  async function* said(): AsyncGenerator<Predicted> {
    for await (const one of lookAt(context, viewer, paths, { top, strict, signal })) {
      if ('error' in one) failed.push(unread(one))
      else {
        classified += 1
        // A file takes any number of them; they need not be kept.
        if (file === undefined) images.push(one)
      }
      yield one
    }
    if (classified === 0)
      throw new CliError('NoPictures', `none of the ${count(paths.length)} pictures could be read; see above`)
  }
  try {
    if (file === undefined) for await (const _ of said());
    else await context.files.write(file, encoded(predictionFormat(file), said()))
  } finally {
    release()
  }
  const left = failed.length === 0 ? '' : `, ${count(failed.length)} left out`
  const summary = `${count(classified)} of ${count(paths.length)} pictures classified${left}`
  return {
    json: { ...about(viewer), file: file ?? null, classified, failed, ...(file === undefined && { images }) },
    text: [
      ...(file === undefined ? [textOf(context, images)] : []),
      ...(paths.length > 1 || file !== undefined ? [file === undefined ? summary : `${summary}: ${file}`] : []),
    ].join('\n'),
  }
}

async function* encoded(
  { head, lines }: ReturnType<typeof predictionFormat>,
  all: AsyncIterable<Predicted>,
): AsyncGenerator<Uint8Array> {
  const text = new TextEncoder()
  yield text.encode(head)
  for await (const one of all) yield text.encode(lines(one))
}

/** The most probable classes of pictures. */
export const predictPictures: Action<PredictFlags, readonly string[]> = async (context, flags, ...given) => {
  const { index, out } = flags
  if (out !== undefined) predictionFormat(out)
  const { from, net, pictures } = await requested(context, flags, given)
  const located = await locateNet(context, from, { net })
  if ((index === undefined) === (pictures.length === 0))
    throw usageError('give an image file, or --index N for an image of the test set (one of the two)')
  const paths = await picturePaths(context, pictures)
  const backend = await startBackend(context, flags)
  try {
    if (index !== undefined && located.loaded === undefined)
      throw usageError('--index N is an image of the test set that a run was trained on; give pictures to this net')
    const viewer = await openNet(context, located, flags)
    return index === undefined
      ? await predictPaths(context, viewer, paths, flags)
      : await predictTestImage(context, located, viewer, { ...flags, index })
  } finally {
    backend.dispose()
  }
}
