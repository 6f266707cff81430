import { relative, resolve } from 'node:path'
import type { Preprocessing } from '@resfn/preprocessing'
import type { FetchFlags, ShowFlags } from '../commands/data.ts'
import { type Context, say } from '../context/context.ts'
import type { FetchProgress } from '../data/data-source.ts'
import { firstOfEachClass, type ImageSet } from '@resfn/batches'
import { type DataPart, isFiles } from '../data/data-part.ts'
import { cacheFolder, dataSource, describeData, loadData } from '../data/load-data.ts'
import { unwrap } from '../error.ts'
import { contactSheet } from '../image/contact-sheet.ts'
import type { Action } from '../output.ts'
import { pictures } from '../run/reading.ts'
import { count } from '../text/format.ts'

/** How photos are shown: whole, in squares. */
const thumbnail: Preprocessing = {
  size: [64, 64],
  channels: 3,
  mean: [0.5, 0.5, 0.5],
  std: [1, 1, 1],
  interpolation: 'bicubic',
  cropFraction: 1,
  cropMode: 'border',
}

/** Prints the start and the end of each file, and on a terminal how far it is. */
const reporter = (context: Context): ((progress: FetchProgress) => void) => {
  let last = ''
  return ({ file, received, total }) => {
    const line = `${file}  ${count(received)} of ${count(total)} bytes`
    if (received === total) {
      context.live?.clear()
      say(context, line)
    } else if (context.live !== undefined) context.live.show(line)
    else if (last !== file) say(context, `${file}  …`)
    last = file
  }
}

/** Downloads all images into the cache. */
export const fetchData: Action<FetchFlags, []> = async (context, { mirror }) => {
  const folder = await cacheFolder(context)
  const fetching = dataSource.fetch({ folder, onProgress: reporter(context), ...(mirror !== undefined && { mirror }) })
  const { train, test } = unwrap(await fetching())
  return {
    json: { folder, train: train.labels.length, test: test.labels.length },
    text: `${count(train.labels.length)} training and ${count(test.labels.length)} test images in ${folder}`,
  }
}

/** The first images of each class; photos in squares. */
const shownFrom = async (part: DataPart, columns: number): Promise<ImageSet> => {
  if (!isFiles(part)) return part
  return pictures(part, firstOfEachClass(part, columns), thumbnail)
}

/** Writes a picture with the first images of each class. */
export const showData: Action<ShowFlags, []> = async (context, { data: asked, out, columns, split }) => {
  const data = await loadData(context, asked)
  say(context, `data ${describeData(data)}`)
  const path = resolve(context.cwd, out)
  await context.files.write(path, await contactSheet(await shownFrom(data[split], columns), columns))
  return { json: { file: path, split, columns }, text: relative(context.cwd, path) }
}
