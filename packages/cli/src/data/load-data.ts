import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { cifarFolders, cifarMoments, loadCifarFolder } from '@resfn/cifar'
import type { Context } from '../context/context.ts'
import { unwrap } from '../error.ts'
import { count } from '../text/format.ts'
import type { DataPart } from './data-part.ts'
import type { DataName, DataSource, TrainAndTest } from './data-source.ts'
import { dataSources, defaultData } from './data-sources.ts'
import { holdsPhotos, listPhotos, type SplitSettings } from './photos.ts'

/** Where images come from, and why from there. */
export type Origin = { readonly kind: 'folder' | 'cache' | 'subset'; readonly folder?: string; readonly reason: string }

/** Images, the data set that they are of, and where they come from. `digest` tells other images from these. */
export type LoadedData = {
  readonly train: DataPart
  readonly test: DataPart
  readonly source: DataName
  readonly origin: Origin
  readonly digest: string
  /** On photos: whether folders or a column say which are for testing, they were drawn, or all are. */
  readonly split?: 'given' | 'drawn' | 'all'
  /** On photos: what was left out. */
  readonly notes?: readonly string[]
}

/** The moments of ImageNet, which stand for those of any photos. */
const photoMoments = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

/** How images are asked for. */
export type DataOptions = Partial<SplitSettings> & {
  /** Why those, for people. */
  readonly reason?: string
  /** Whether all photos are for testing where nothing says which are; by default a part is drawn. */
  readonly testing?: 'drawn' | 'all'
}

/** The row of the data set that commands use. */
export const dataSource: DataSource = dataSources[defaultData]

/** Where its downloads are kept. */
export const cacheFolder = (context: Context): Promise<string> => context.cacheFolder(defaultData)

/** Whether a folder has all files of the data set, each as it is or compressed. */
export const isComplete = async ({ files }: Context, folder: string): Promise<boolean> => {
  for (const name of dataSource.files) {
    const kinds = [await files.kind(join(folder, name)), await files.kind(join(folder, `${name}.gz`))]
    if (!kinds.includes('file')) return false
  }
  return true
}

/** The first of: what is asked for, the folder in RESFN_DATA, the cache, the images that come with resfn. */
export const findOrigin = async (context: Context, asked: string, reason = 'as asked'): Promise<Origin> => {
  const { cwd, env } = context
  if (asked === 'subset') return { kind: 'subset', reason }
  if (asked !== 'auto') return { kind: 'folder', folder: resolve(cwd, asked), reason }
  const { RESFN_DATA: folder } = env
  if (folder !== undefined && folder !== '')
    return { kind: 'folder', folder: resolve(cwd, folder), reason: 'RESFN_DATA' }
  const cache = await cacheFolder(context)
  if (await isComplete(context, cache)) return { kind: 'cache', folder: cache, reason: 'fetched before' }
  return { kind: 'subset', reason: 'no others were found; resfn data fetch gets all 70,000' }
}

const digestOf = ({ train, test }: TrainAndTest): string => {
  const hash = createHash('sha256')
  for (const { images, labels } of [train, test]) hash.update(images).update(labels)
  return hash.digest('hex')
}

/** In words: `Fashion-MNIST, 10,000 training and 2,000 test images that come with resfn (as asked)`. */
export const describeData = ({ source, origin, train, test, split }: LoadedData): string => {
  const counts =
    split === 'all'
      ? `${count(test.labels.length)} images`
      : `${count(train.labels.length)} training and ${count(test.labels.length)} test images`
  const classes = split === undefined ? '' : ` of ${train.classes.length} classes`
  const drawn = split === 'drawn' ? '; the test images were drawn' : ''
  return `${source.title}, ${counts}${classes} ${origin.kind === 'subset' ? 'that come with resfn' : `from ${origin.folder}`} (${origin.reason})${drawn}`
}

/** First letters of files and folders that a folder with CIFAR, or the one above it, holds. */
const cifarNames = [...cifarFolders, 'data_batch_', 'train.bin']

const beginsLike = (names: readonly string[], known: readonly string[]): boolean =>
  names.some((name) => known.some((first) => name.startsWith(first)))

/** Whether a folder holds CIFAR. The Python files of CIFAR-100 are named as folders of photos are. */
const holdsCifar = async ({ files }: Context, folder: string): Promise<boolean> =>
  (await files.kind(folder)) === 'folder' &&
  (beginsLike(await files.list(folder), cifarNames) || (await files.kind(join(folder, 'train'))) === 'file')

/** The first names of files and folders of data sets that are no folders of photos. */
const otherFiles = [
  ...dataSource.files.map((name) => name.replace(/[.-]idx.*$/, '')),
  'FashionMNIST',
  'raw',
  ...cifarNames,
]

/** Whether the images that are asked for are photos of a folder or a manifest. */
export const holdsOwnPhotos = async (context: Context, asked = 'auto'): Promise<boolean> => {
  const { folder } = await findOrigin(context, asked)
  return folder !== undefined && holdsPhotos(context, folder, otherFiles)
}

/** Reads the images, or lists the photos. */
export const loadData = async (
  context: Context,
  asked: string,
  { reason, seed = 0, testShare = 0.2, testing = 'drawn' }: DataOptions = {},
): Promise<LoadedData> => {
  const origin = await findOrigin(context, asked, reason)
  const { folder } = origin
  if (folder !== undefined && (await holdsPhotos(context, folder, otherFiles))) {
    const { title, ...photos } = await listPhotos(context, folder, { seed, testShare, testing })
    return { ...photos, source: { title, moments: photoMoments, known: {} }, origin }
  }
  if (folder !== undefined && (await holdsCifar(context, folder))) {
    const { name, train, test } = unwrap(await loadCifarFolder(folder)())
    const title = name === 'cifar10' ? 'CIFAR-10' : 'CIFAR-100'
    const source: DataName = { title, moments: cifarMoments[name], known: {} }
    return { train, test, source, origin, digest: digestOf({ train, test }) }
  }
  const load = folder === undefined ? dataSource.loadBundled : dataSource.loadFolder(folder)
  const data = unwrap(await load())
  return { ...data, source: dataSource, origin, digest: digestOf(data) }
}
