import { type Dirent } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apply as A, either as E, function as F, taskEither as TE } from 'fp-ts'
import { decodeFashionMnist, type FashionMnist, type FashionMnistFile, fashionMnistFiles } from './decode.ts'
import type { FashionMnistError, FolderError } from './error.ts'

const files = Object.keys(fashionMnistFiles) as FashionMnistFile[]

/** Where torchvision keeps the files below its root. */
const below = [join('FashionMNIST', 'raw'), 'raw']

/**
 * A file's names, first to last: the official one, and with a dot as 7-Zip and Kaggle write it; each compressed or not.
 */
const namesOf = (file: FashionMnistFile): readonly string[] =>
  [fashionMnistFiles[file], fashionMnistFiles[file].replace(/-(idx\d)/, '.$1')].flatMap((name) => [`${name}.gz`, name])

const wanted = `${Object.values(fashionMnistFiles).join(', ')} (or with a dot, as in ${namesOf('trainImages').at(-1)}), each as it is or with .gz`

const failure = (tag: FolderError['_tag'], where: string, message: string): E.Either<FolderError, never> =>
  E.left({ _tag: tag, where, message })

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

type Listing = { readonly folder: string; readonly entries: readonly Dirent[] }

const list = async (folder: string): Promise<E.Either<FolderError, Listing>> => {
  try {
    return E.right({ folder, entries: await readdir(folder, { withFileTypes: true }) })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? failure('MissingFolder', folder, `there is no folder ${folder}; give the folder that holds ${wanted}`)
      : failure('Unreadable', folder, `${folder} cannot be read (${reasonOf(error)}); check its permissions`)
  }
}

const nameIn = ({ entries }: Listing, file: FashionMnistFile): string | undefined =>
  namesOf(file).find((name) => entries.some((entry) => entry.name === name))

const contentsOf = ({ entries }: Listing): string => {
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort()
  const more = names.length > 12 ? ` and ${names.length - 12} more` : ''
  return names.length === 0 ? 'it is empty' : `it holds ${names.slice(0, 12).join(', ')}${more}`
}

/** The folder that has the four files: the given one, or one of torchvision's below it. */
const find =
  (folder: string): TE.TaskEither<FolderError, Listing> =>
  async () => {
    const given = await list(folder)
    if (E.isLeft(given)) return given
    const others = await Promise.all(below.map((name) => list(join(folder, name))))
    const found = [given.right, ...others.flatMap((other) => (E.isRight(other) ? [other.right] : []))]
      .map((listing) => ({ listing, missing: files.filter((file) => nameIn(listing, file) === undefined) }))
      .sort((a, b) => a.missing.length - b.missing.length)[0]!
    return found.missing.length === 0
      ? E.right(found.listing)
      : failure(
          'MissingFile',
          found.listing.folder,
          `${found.listing.folder} lacks ${found.missing.map((file) => fashionMnistFiles[file]).join(', ')}; ${contentsOf(found.listing)}; give the folder that holds ${wanted}, or torchvision's folder above FashionMNIST/raw`,
        )
  }

const read =
  (path: string): TE.TaskEither<FashionMnistError, Uint8Array> =>
  async () => {
    try {
      return E.right(await readFile(path))
    } catch (error) {
      return failure(
        'Unreadable',
        path,
        `${path} cannot be read (${reasonOf(error)}); check that it is a file, and its permissions`,
      )
    }
  }

/**
 * Loads Fashion-MNIST from a folder that has the four files, as they are or with `.gz`. Nothing is downloaded.
 * The names may have a dot (`train-images.idx3-ubyte`), and the files may lie in `FashionMNIST/raw` or `raw` below the
 * folder, where torchvision keeps them. Any data set in the same files and shapes loads as well (MNIST, KMNIST): only
 * the class names are those of Fashion-MNIST.
 *
 * @param folder the path of the folder
 * @returns a task of the training and the test set, or of what is missing or wrong
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { loadFashionMnistFolder } from '@resfn/fashion-mnist'
 *
 * const result = await loadFashionMnistFolder('no/such/folder')()
 * assert.equal(result._tag === 'Left' && result.left._tag, 'MissingFolder')
 * ```
 */
export const loadFashionMnistFolder = (folder: string): TE.TaskEither<FashionMnistError, FashionMnist> =>
  F.pipe(
    find(folder) as TE.TaskEither<FashionMnistError, Listing>,
    TE.flatMap((listing) => {
      const bytesOf = (file: FashionMnistFile): TE.TaskEither<FashionMnistError, Uint8Array> =>
        read(join(listing.folder, nameIn(listing, file)!))
      return A.sequenceS(TE.ApplyPar)({
        trainImages: bytesOf('trainImages'),
        trainLabels: bytesOf('trainLabels'),
        testImages: bytesOf('testImages'),
        testLabels: bytesOf('testLabels'),
      })
    }),
    TE.flatMap((bytes): TE.TaskEither<FashionMnistError, FashionMnist> => decodeFashionMnist(bytes)),
  )
