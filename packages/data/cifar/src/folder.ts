import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageSet } from '@resfn/batches'
import { either as E, type taskEither as TE } from 'fp-ts'
import { type CifarName, decodeCifar } from './decode.ts'
import { type CifarError, failure } from './error.ts'

/** Training and test images of CIFAR-10 or CIFAR-100. */
export type Cifar = { readonly name: CifarName; readonly train: ImageSet; readonly test: ImageSet }

type Files = { readonly train: readonly string[]; readonly test: readonly string[] }

/** The names of the binary files. */
export const cifarFiles: { readonly [name in CifarName]: Files } = {
  cifar10: { train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`), test: ['test_batch.bin'] },
  cifar100: { train: ['train.bin'], test: ['test.bin'] },
}

/** The folders that the archives make. */
const below = ['cifar-10-batches-bin', 'cifar-100-binary']

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

const names = Object.keys(cifarFiles) as readonly CifarName[]

const missingIn = (present: readonly string[], { train, test }: Files): readonly string[] =>
  [...train, ...test].filter((file) => !present.includes(file))

const read = async (
  folder: string,
  files: readonly string[],
  name: CifarName,
): Promise<E.Either<CifarError, ImageSet>> => {
  const parts: { readonly name: string; readonly bytes: Uint8Array }[] = []
  for (const file of files) {
    const path = join(folder, file)
    try {
      parts.push({ name: path, bytes: new Uint8Array(await readFile(path)) })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return E.left(
        failure('Unreadable', path, `it cannot be read (${code}); check that it is a file, and its permissions`),
      )
    }
  }
  return decodeCifar(name, parts)
}

/**
 * Loads CIFAR-10 or CIFAR-100 from the folder that its binary archive makes, or the one above it.
 *
 * @param folder the path of the folder with the `.bin` files
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
    const folders = [folder, ...below.filter((name) => given.right.includes(name)).map((name) => join(folder, name))]
    const candidates: { readonly folder: string; readonly name: CifarName; readonly missing: readonly string[] }[] = []
    for (const each of folders) {
      const present = await list(each)
      if (E.isLeft(present)) return present
      for (const name of names)
        candidates.push({ folder: each, name, missing: missingIn(present.right, cifarFiles[name]) })
    }
    // The one that lacks the smallest part.
    const share = ({ name, missing }: (typeof candidates)[number]): number =>
      missing.length / (cifarFiles[name].train.length + 1)
    const found = candidates.toSorted((a, b) => share(a) - share(b))[0]!
    const { train, test } = cifarFiles[found.name]
    if (found.missing.length > 0)
      return E.left(
        failure(
          'MissingFile',
          found.folder,
          `it lacks ${found.missing.join(', ')}; give the folder of the binary version of CIFAR-10 or CIFAR-100, extracted`,
        ),
      )
    const [learnt, tested] = [await read(found.folder, train, found.name), await read(found.folder, test, found.name)]
    if (E.isLeft(learnt)) return learnt
    if (E.isLeft(tested)) return tested
    return E.right({ name: found.name, train: learnt.right, test: tested.right })
  }
