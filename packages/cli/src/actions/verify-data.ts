import { streamedInOrder } from '@resfn/batches'
import type { ImageFiles } from '@resfn/image-folder'
import { fileSource, startReaders } from '@resfn/image-loader'
import type { Preprocessing } from '@resfn/preprocessing'
import type { VerifyFlags } from '../commands/data.ts'
import type { Context } from '../context/context.ts'
import { isFiles } from '../data/data-part.ts'
import { describeData, loadData } from '../data/load-data.ts'
import { usageError } from '../error.ts'
import { type PictureProgress, pictureProgress } from '../image/picture-progress.ts'
import type { Action } from '../output.ts'
import type { LeftOut } from '../run/reading.ts'
import { count } from '../text/format.ts'

/** Photos are decoded whole and kept small: only whether they can be read is asked. */
const glance: Preprocessing = {
  size: [8, 8],
  channels: 3,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  interpolation: 'bilinear',
  cropFraction: 1,
  cropMode: 'squash',
}

/** The photos of a folder that cannot be decoded. */
const brokenOf = async (
  context: Context,
  files: ImageFiles,
  progress: PictureProgress,
): Promise<readonly LeftOut[]> => {
  const broken: LeftOut[] = []
  let read = 0
  const source = fileSource(startReaders(context.cores), files, { preprocessing: glance })
  const onBroken = (index: number, { message }: { readonly message: string }): void => {
    const path = files.paths[index]!
    broken.push({ path, reason: message })
    progress.note(`${path} ${message}`)
  }
  for await (const { labels } of streamedInOrder(source, { size: 32, broken: 'skip', onBroken })) {
    read += labels.length
    progress.done(read + broken.length)
  }
  return broken
}

/**
 * Reads the images that a run would take. Those of a data set are compared, however they are compressed, with those
 * that were published; each photo of a folder is decoded.
 */
export const verifyData: Action<VerifyFlags, [string?]> = async (context, { data: asked }, given) => {
  if (given !== undefined && asked !== 'auto') throw usageError(`${given} and --data ${asked}: give one of the two`)
  const data = await loadData(context, given ?? asked)
  const { source, origin, train, test, digest, notes = [] } = data
  const counts = { source: origin, train: train.labels.length, test: test.labels.length, sha256: digest }
  if (isFiles(train) && isFiles(test)) {
    const files: ImageFiles = {
      paths: [...train.paths, ...test.paths],
      labels: Int32Array.from([...train.labels, ...test.labels]),
      classes: train.classes,
    }
    const total = files.paths.length
    const progress = pictureProgress(context, total)
    const broken = await brokenOf(context, files, progress)
    progress.end()
    const some = `${count(broken.length)} of ${count(total)} photos cannot be read`
    return {
      json: { ...counts, known: null, broken, notes },
      text: [
        describeData(data),
        ...notes.map((note) => `note: ${note}`),
        ...(broken.length === 0
          ? [`all ${count(total)} photos can be read`]
          : [`${some}:`, ...broken.map(({ path, reason }) => `  ${path} ${reason}`)]),
      ].join('\n'),
      exitCode: broken.length === 0 ? 0 : 1,
    }
  }
  const known = source.known[digest]
  return {
    json: { ...counts, known: known ?? null, broken: [], notes },
    text: `${describeData(data)}\n${known === undefined ? 'they are whole and can be used, but are not those that were published' : `they are ${known}, byte for byte`}`,
  }
}
