import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { apply as A, either as E, function as F, taskEither as TE } from 'fp-ts'
import { decodeFashionMnist, type FashionMnist, type FashionMnistFile, fashionMnistFiles } from './decode.ts'
import { codeOf, type FashionMnistError, type FolderError, reasonOf } from './error.ts'

const missingFolder = (folder: string): FolderError => ({
  _tag: 'MissingFolder',
  where: folder,
  message: `there is no folder ${folder}; give the folder that holds ${Object.values(fashionMnistFiles).join(', ')}, each as it is or with .gz`,
})

const readable =
  (folder: string): TE.TaskEither<FolderError, string> =>
  async () => {
    try {
      return (await stat(folder)).isDirectory() ? E.right(folder) : E.left(missingFolder(folder))
    } catch {
      return E.left(missingFolder(folder))
    }
  }

const readFirst =
  (folder: string, names: readonly string[]): TE.TaskEither<FolderError, Uint8Array> =>
  async () => {
    for (const name of names) {
      const path = join(folder, name)
      try {
        return E.right(await readFile(path))
      } catch (error) {
        if (codeOf(error) !== 'ENOENT')
          return E.left({
            _tag: 'Unreadable',
            where: path,
            message: `${path} cannot be read (${reasonOf(error)}); check its permissions`,
          })
      }
    }
    return E.left({
      _tag: 'MissingFile',
      where: folder,
      message: `${folder} holds neither ${names.join(' nor ')}; put one of them there`,
    })
  }

/**
 * Loads Fashion-MNIST from a folder that has the four files, as they are or with `.gz`. Nothing is downloaded.
 * Any data set in the same files and shapes loads as well (MNIST, KMNIST): only the class names are those of Fashion-MNIST.
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
export const loadFashionMnistFolder = (folder: string): TE.TaskEither<FashionMnistError, FashionMnist> => {
  const read = (file: FashionMnistFile): TE.TaskEither<FashionMnistError, Uint8Array> =>
    readFirst(folder, [`${fashionMnistFiles[file]}.gz`, fashionMnistFiles[file]])
  return F.pipe(
    readable(folder),
    TE.flatMap(() =>
      A.sequenceS(TE.ApplyPar)({
        trainImages: read('trainImages'),
        trainLabels: read('trainLabels'),
        testImages: read('testImages'),
        testLabels: read('testLabels'),
      }),
    ),
    TE.flatMap((files): TE.TaskEither<FashionMnistError, FashionMnist> => decodeFashionMnist(files)),
  )
}
