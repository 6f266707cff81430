import { createHash } from 'node:crypto'
import { basename, dirname, relative, resolve, sep } from 'node:path'
import { type ImageFiles, listImageFolder, readManifest, type SplitFiles } from '@resfn/image-folder'
import { fold, key } from '@resfn/random'
import type { Context } from '../context/context.ts'
import { unwrap, usageError } from '../error.ts'

/** How the test part of a folder or a manifest is drawn, where it does not say it. */
export type SplitSettings = { readonly seed: number; readonly testShare: number }

/** What is done with photos of which nothing says whether they are for testing: a part is drawn, or all are. */
export type Testing = { readonly testing: 'drawn' | 'all' }

/** The photos of a class stay together, in the order of their paths. */
const allOf = ({ train, test }: Omit<SplitFiles, 'split'>): ImageFiles => {
  const paths = [...train.paths, ...test.paths]
  const labels = [...train.labels, ...test.labels]
  const order = paths.map((_, at) => at).toSorted((a, b) => labels[a]! - labels[b]! || (paths[a]! < paths[b]! ? -1 : 1))
  return {
    paths: order.map((at) => paths[at]!),
    labels: Int32Array.from(order, (at) => labels[at]!),
    classes: train.classes,
  }
}

const isManifest = (path: string): boolean => /\.(csv|jsonl|ndjson)$/i.test(path)

/** Whether a path is a manifest, or a folder with folders in it that are not those of other data sets. */
export const holdsPhotos = async ({ files }: Context, path: string, others: readonly string[]): Promise<boolean> => {
  const kind = await files.kind(path)
  if (kind === 'file') {
    if (isManifest(path)) return true
    throw usageError(`${path} is a file; give a folder, or a manifest that ends in .csv or .jsonl`)
  }
  if (kind === 'none') return false
  const names = (await files.list(path)).filter((name) => !name.startsWith('.'))
  if (names.some((name) => others.some((other) => name.startsWith(other)))) return false
  for (const name of names) if ((await files.kind(resolve(path, name))) === 'folder') return true
  return false
}

const noteFiles = async (
  { files }: Context,
  root: string,
  hash: ReturnType<typeof createHash>,
  part: ImageFiles,
): Promise<void> => {
  for (const [index, path] of part.paths.entries()) {
    const size = await files.size(path).catch(() => -1)
    const name = relative(root, path).split(sep).join('/')
    hash.update(`${name.normalize('NFC')}\n${size}\n${part.classes[part.labels[index]!]!}\n`)
  }
}

/** Photos for training and for testing, with what tells them from others. */
export type PhotoParts = Omit<SplitFiles, 'split'> & {
  readonly split: SplitFiles['split'] | 'all'
  readonly title: string
  readonly digest: string
}

/** Lists the photos of a folder or a manifest. The digest tells names, sizes and classes from others. */
export const listPhotos = async (
  context: Context,
  path: string,
  { seed, testShare, testing }: SplitSettings & Testing,
): Promise<PhotoParts> => {
  const list = isManifest(path) ? readManifest : listImageFolder
  const listed = unwrap(await list(path, { key: fold(key(seed), 'split'), testShare })())
  const { train } = listed
  const split: Pick<PhotoParts, 'train' | 'test' | 'split' | 'notes'> =
    testing === 'all' && listed.split === 'drawn'
      ? { ...listed, train: { ...train, paths: [], labels: new Int32Array() }, test: allOf(listed), split: 'all' }
      : listed
  if (split.test.paths.length === 0)
    throw usageError(
      `${path}: no image is for testing; add more images of each class, or give a --test-share above ${testShare}`,
    )
  const hash = createHash('sha256')
  const root = isManifest(path) ? dirname(path) : path
  for (const part of [split.train, split.test]) {
    await noteFiles(context, root, hash, part)
    hash.update('\n')
  }
  return { ...split, title: basename(path), digest: hash.digest('hex') }
}
