import { join, relative, resolve, sep } from 'node:path'
import type { Key } from '@resfn/random'
import { either as E, type taskEither as TE } from 'fp-ts'
import { type ImageFiles, listingError, type ListingError, type SplitFiles } from './image-files.ts'
import { splitFiles } from './split.ts'
import { listFolder, walk } from './walk.ts'

/** How a folder becomes two parts. */
export type ImageFolderOptions = {
  /** Draws the test part, where folders do not give it. */
  readonly key: Key
  /** The share of each class that is drawn for testing; by default 0.2. */
  readonly testShare?: number
}

/** The names of folders that hold a part, in the order in which they are looked for. */
const trainNames = ['train', 'training']
const testNames = ['val', 'valid', 'validation', 'test', 'testing']

/** A class folder: its name in one form of Unicode, because systems differ in it, and its images. */
type ClassFolder = { readonly name: string; readonly paths: readonly string[] }

type Part = { readonly classes: readonly ClassFolder[]; readonly notes: readonly string[] }

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`

/** The class folders in a folder, by name; those of one name belong together. */
const partIn = async (folder: string): Promise<E.Either<ListingError, Part>> => {
  const listing = await listFolder(folder)
  if (E.isLeft(listing)) return listing
  const { folders, images } = listing.right
  const byName = new Map<string, string[]>()
  const notes: string[] = []
  if (images.length > 0)
    notes.push(
      `${count(images.length, 'image')} directly in ${folder} ${images.length === 1 ? 'has' : 'have'} no class and ${images.length === 1 ? 'is' : 'are'} left out`,
    )
  for (const name of folders) {
    const found = await walk(join(folder, name))
    if (E.isLeft(found)) return found
    const { paths, others, again } = found.right
    const own = name.normalize('NFC')
    byName.set(own, [...(byName.get(own) ?? []), ...paths])
    if (others > 0)
      notes.push(
        `${count(others, 'file')} in ${join(folder, name)} ${others === 1 ? 'is not an image' : 'are not images'} and ${others === 1 ? 'is' : 'are'} left out`,
      )
    for (const path of again) notes.push(`${path} leads to a folder that is read already and is not followed`)
  }
  const classes = [...byName].map(([name, paths]) => ({ name, paths })).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return E.right({ classes, notes })
}

const filesOf = (classes: readonly string[], folders: readonly ClassFolder[]): ImageFiles => {
  const labelled = folders.flatMap(({ name, paths }) => paths.map((path) => ({ path, label: classes.indexOf(name) })))
  return {
    paths: labelled.map(({ path }) => path),
    labels: Int32Array.from(labelled, ({ label }) => label),
    classes,
  }
}

const layout =
  'give a folder with a folder of images for each class, or one with train/ and val/ (or test/) that hold those'

/** The classes that have images; an error unless there are two. */
const classesOf = (folder: string, { classes }: Part): E.Either<ListingError, readonly ClassFolder[]> => {
  const filled = classes.filter(({ paths }) => paths.length > 0)
  if (filled.length >= 2) return E.right(filled)
  const found = filled.length === 0 ? 'no class folder with images' : `images of one class only (${filled[0]!.name})`
  return E.left(listingError('NoClasses', folder, `there is ${found}; ${layout}`))
}

const emptyNotes = (folder: string, { classes }: Part): readonly string[] =>
  classes.flatMap(({ name, paths }) =>
    paths.length === 0 ? [`${join(folder, name)} has no images, so it is left out`] : [],
  )

const drawnFrom = async (
  folder: string,
  root: string,
  { key, testShare }: ImageFolderOptions,
): Promise<E.Either<ListingError, SplitFiles>> => {
  const part = await partIn(folder)
  if (E.isLeft(part)) return part
  const filled = classesOf(folder, part.right)
  if (E.isLeft(filled)) return filled
  const files = filesOf(
    filled.right.map(({ name }) => name),
    filled.right,
  )
  const nameOf = (path: string): string => relative(root, path).split(sep).join('/').normalize('NFC')
  const parts = splitFiles(files, { key, nameOf, ...(testShare !== undefined && { testShare }) })
  return E.right({ ...parts, split: 'drawn', notes: [...part.right.notes, ...emptyNotes(folder, part.right)] })
}

const givenBy = async (train: string, test: string): Promise<E.Either<ListingError, SplitFiles>> => {
  const [learnt, tested] = [await partIn(train), await partIn(test)]
  if (E.isLeft(learnt)) return learnt
  if (E.isLeft(tested)) return tested
  const filled = classesOf(train, learnt.right)
  if (E.isLeft(filled)) return filled
  const classes = filled.right.map(({ name }) => name)
  const unknown = tested.right.classes.find(({ name, paths }) => paths.length > 0 && !classes.includes(name))
  if (unknown !== undefined)
    return E.left(
      listingError(
        'OtherClasses',
        join(test, unknown.name),
        `the class ${unknown.name} has no images in ${train}; its classes are ${classes.slice(0, 12).join(', ')}${classes.length > 12 ? ', …' : ''}`,
      ),
    )
  const files = filesOf(
    classes,
    tested.right.classes.filter(({ paths }) => paths.length > 0),
  )
  if (files.paths.length === 0)
    return E.left(
      listingError(
        'NoClasses',
        test,
        'there are no images in its class folders; remove it, and a part of the training images is drawn for testing',
      ),
    )
  return E.right({
    train: filesOf(classes, filled.right),
    test: files,
    split: 'given',
    notes: [
      ...learnt.right.notes,
      ...tested.right.notes,
      ...emptyNotes(train, learnt.right),
      ...emptyNotes(test, tested.right),
    ],
  })
}

/**
 * Lists a folder of class folders: the name of a folder is the class of all images at any depth in it (JPEG, PNG, WebP,
 * GIF, TIFF, by their names). With `train/` and `val/` (or `test/`), those are the two parts; else the test part is
 * drawn.
 *
 * The order is by name, the same on every machine. Hidden files are not there; links are followed, but not to
 * a folder of the class once more; names are compared in one form of Unicode. A class without images is left out, with
 * a note. No image is read.
 *
 * @param folder its path
 * @param options the key and the share that draw the test part
 * @returns a task of both parts, or of what is wrong
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { listImageFolder } from '@resfn/image-folder'
 * import { key } from '@resfn/random'
 *
 * const found = await listImageFolder('no/such/folder', { key: key(0) })()
 * assert.ok(found._tag === 'Left' && found.left._tag === 'MissingFolder')
 * ```
 */
export const listImageFolder =
  (folder: string, options: ImageFolderOptions): TE.TaskEither<ListingError, SplitFiles> =>
  async () => {
    const root = resolve(folder)
    const listing = await listFolder(root)
    if (E.isLeft(listing)) return listing
    const named = (names: readonly string[]): string | undefined => {
      const name = names.find((each) => listing.right.folders.includes(each))
      return name === undefined ? undefined : join(root, name)
    }
    const [train, test] = [named(trainNames), named(testNames)]
    if (train !== undefined && test !== undefined) return givenBy(train, test)
    // A folder named train that holds images itself is a class of that name.
    if (train !== undefined && listing.right.folders.length === 1) return drawnFrom(train, root, options)
    return drawnFrom(root, root, options)
  }
