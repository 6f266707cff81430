import { decodeFashionMnist, type FashionMnist, type FashionMnistDecodeError } from '@resfn/fashion-mnist/decode'
import { apply as A, function as F, taskEither as TE } from 'fp-ts'
import { fashionMnistSubsetFiles } from './files.ts'

/** A file of the subset could not be read; `url` is the one. */
export type SubsetReadError = { readonly _tag: 'Unreadable'; readonly url: string; readonly message: string }

/** `file:` URLs through Node's own file system, got without an import so that no bundler looks for it; others by fetch. */
const bytesOf = async (url: URL): Promise<Uint8Array> => {
  const system = url.protocol === 'file:' ? globalThis.process?.getBuiltinModule('node:fs/promises') : undefined
  if (system !== undefined) return new Uint8Array(await system.readFile(url))
  const response = await fetch(url)
  if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`)
  return new Uint8Array(await response.arrayBuffer())
}

const read = (url: URL): TE.TaskEither<SubsetReadError, Uint8Array> =>
  TE.tryCatch(
    () => bytesOf(url),
    (error) => ({
      _tag: 'Unreadable',
      url: url.href,
      message: `${url.href}: ${error instanceof Error ? error.message : String(error)}; install @resfn/fashion-mnist-subset again, or give the URLs of its data folder`,
    }),
  )

/**
 * Loads the subset: 10,000 images for training, 1,000 of each class, and 2,000 for testing, 200 of each.
 * No download: the files are in the package. They are the first of each class of Fashion-MNIST, in its order.
 *
 * @param urls where the files are, if the page serves them from elsewhere; those of the package unless given
 * @returns a task of both sets, or of what went wrong
 *
 * Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", arXiv:1708.07747; MIT licence, Zalando SE.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
 *
 * const data = await loadFashionMnistSubset()()
 * assert.equal(data._tag === 'Right' && data.right.train.labels.length, 10_000)
 * ```
 */
export const loadFashionMnistSubset = (
  urls: typeof fashionMnistSubsetFiles = fashionMnistSubsetFiles,
): TE.TaskEither<SubsetReadError | FashionMnistDecodeError, FashionMnist> =>
  F.pipe(
    A.sequenceS(TE.ApplyPar)({
      trainImages: read(urls.trainImages),
      trainLabels: read(urls.trainLabels),
      testImages: read(urls.testImages),
      testLabels: read(urls.testLabels),
    }),
    TE.flatMap((files): TE.TaskEither<SubsetReadError | FashionMnistDecodeError, FashionMnist> =>
      decodeFashionMnist(files),
    ),
  )
