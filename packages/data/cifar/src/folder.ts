import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageSet } from '@resfn/batches'
import { either as E, function as F, type taskEither as TE } from 'fp-ts'
import { cifarClasses, decodeCifar } from './decode.ts'
import { type CifarError, failure } from './error.ts'
import type { CifarFile, CifarName } from './part.ts'
import { pickledClasses } from './pickled.ts'

/** Training and test images of CIFAR-10 or CIFAR-100. */
export type Cifar = { readonly name: CifarName; readonly train: ImageSet; readonly test: ImageSet }

type Files = { readonly train: readonly string[]; readonly test: readonly string[]; readonly classes?: string }
type Layout = 'binary' | 'python'

/** The names of the files of either archive. `classes`: the names of the classes; it may be missing. */
export const cifarFiles: { readonly [name in CifarName]: { readonly [layout in Layout]: Files } } = {
  cifar10: {
    binary: { train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`), test: ['test_batch.bin'] },
    python: {
      train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}`),
      test: ['test_batch'],
      classes: 'batches.meta',
    },
  },
  cifar100: {
    binary: { train: ['train.bin'], test: ['test.bin'] },
    python: { train: ['train'], test: ['test'], classes: 'meta' },
  },
}

/** The folders that the archives make. */
export const cifarFolders: readonly string[] = [
  'cifar-10-batches-bin',
  'cifar-10-batches-py',
  'cifar-100-binary',
  'cifar-100-python',
]

/** Mean and deviation of each channel of the 50,000 training images, from 0 to 1. */
export const cifarMoments: {
  readonly [name in CifarName]: { readonly mean: readonly number[]; readonly std: readonly number[] }
} = {
  cifar10: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  cifar100: { mean: [0.5071, 0.4865, 0.4409], std: [0.2673, 0.2564, 0.2762] },
}

const list = async (folder: string): Promise<E.Either<CifarError, readonly string[]>> => {
  try {
    return E.right(await readdir(folder))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return E.left(
      code === 'ENOENT' || code === 'ENOTDIR'
        ? failure('MissingFolder', folder, 'there is no such folder; give the one that the archive of CIFAR makes')
        : failure('Unreadable', folder, `it cannot be listed (${code}); check its permissions`),
    )
  }
}

type Place = {
  readonly folder: string
  readonly name: CifarName
  readonly layout: Layout
  readonly missing: readonly string[]
}

const placesIn = (folder: string, present: readonly string[]): readonly Place[] =>
  (['cifar10', 'cifar100'] as const).flatMap((name) =>
    (['binary', 'python'] as const).map((layout) => {
      const { train, test } = cifarFiles[name][layout]
      return { folder, name, layout, missing: [...train, ...test].filter((file) => !present.includes(file)) }
    }),
  )

const readFiles = async (
  folder: string,
  names: readonly string[],
): Promise<E.Either<CifarError, readonly CifarFile[]>> => {
  const files: CifarFile[] = []
  for (const name of names) {
    const path = join(folder, name)
    try {
      files.push({ name: path, bytes: new Uint8Array(await readFile(path)) })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return E.left(
        failure('Unreadable', path, `it cannot be read (${code}); check that it is a file, and its permissions`),
      )
    }
  }
  return E.right(files)
}

/** The names of the classes that a file of the archive gives, where it is there. */
const classesIn = async ({ folder, name, layout }: Place): Promise<E.Either<CifarError, readonly string[]>> => {
  const known = cifarClasses[name]
  const { classes } = cifarFiles[name][layout]
  const present = await list(folder)
  if (E.isLeft(present)) return present
  if (classes === undefined || !present.right.includes(classes)) return E.right(known)
  return F.pipe(
    await readFiles(folder, [classes]),
    E.flatMap(([file]) => pickledClasses(name, file!, known.length)),
  )
}

const read = async (
  { folder, name }: Place,
  files: readonly string[],
  classes: readonly string[],
): Promise<E.Either<CifarError, ImageSet>> =>
  F.pipe(
    await readFiles(folder, files),
    E.flatMap((found) => decodeCifar(name, found, classes)),
  )

/**
 * Loads CIFAR-10 or CIFAR-100 from the folder that its binary or its Python archive makes, or the one above it.
 *
 * @param folder the path of the folder with the files
 * @returns a task of the training and the test set, or of what is missing or wrong
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { loadCifarFolder } from '@resfn/cifar'
 *
 * const result = await loadCifarFolder('no/such/folder')()
 * assert.equal(result._tag === 'Left' && result.left._tag, 'MissingFolder')
 * ```
 */
export const loadCifarFolder =
  (folder: string): TE.TaskEither<CifarError, Cifar> =>
  async () => {
    const given = await list(folder)
    if (E.isLeft(given)) return given
    const below = cifarFolders.filter((name) => given.right.includes(name)).map((name) => join(folder, name))
    const places = [...placesIn(folder, given.right)]
    for (const each of below) {
      const present = await list(each)
      if (E.isLeft(present)) return present
      places.push(...placesIn(each, present.right))
    }
    // The one that lacks the smallest part.
    const share = ({ name, missing }: Place): number => missing.length / (cifarFiles[name].binary.train.length + 1)
    const found = places.toSorted((a, b) => share(a) - share(b))[0]!
    if (found.missing.length > 0)
      return E.left(
        failure(
          'MissingFile',
          found.folder,
          `it lacks ${found.missing.join(', ')}; give the folder of the binary or the Python version of CIFAR-10 or CIFAR-100, extracted`,
        ),
      )
    const classes = await classesIn(found)
    if (E.isLeft(classes)) return classes
    const { train, test } = cifarFiles[found.name][found.layout]
    const learnt = await read(found, train, classes.right)
    if (E.isLeft(learnt)) return learnt
    const tested = await read(found, test, classes.right)
    if (E.isLeft(tested)) return tested
    return E.right({ name: found.name, train: learnt.right, test: tested.right })
  }
