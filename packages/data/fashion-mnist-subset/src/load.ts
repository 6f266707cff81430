import { decodeFashionMnist, type FashionMnist, type FashionMnistDecodeError } from '@resfn/fashion-mnist/decode'
import { apply as A, function as F, taskEither as TE } from 'fp-ts'
import { fashionMnistSubsetFiles } from './files.ts'

/** A file of the subset could not be read; `url` is the one. */
export type SubsetReadError = { readonly _tag: 'Unreadable'; readonly url: string; readonly message: string }

/**
 * Reads `file:` URLs with Node's file system and others with fetch. There is no import of `node:fs`, which bundlers for
 * pages would look for.
 */
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
 * Loads the subset from other URLs than those of the package: for a page that serves the four files itself.
 *
 * @param urls where the four files are
 * @returns a task of both sets, or of what went wrong
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fashionMnistSubsetFiles, loadFashionMnistSubsetFrom } from '@resfn/fashion-mnist-subset'
 *
 * const load = loadFashionMnistSubsetFrom({ ...fashionMnistSubsetFiles, trainLabels: new URL('file:///nowhere') })
 * const data = await load()
 * assert.equal(data._tag === 'Left' && data.left._tag, 'Unreadable')
 * ```
 */
export const loadFashionMnistSubsetFrom = (
  urls: typeof fashionMnistSubsetFiles,
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

/**
 * Loads the subset: 10,000 images for training, 1,000 of each class, and 2,000 for testing, 200 of each.
 * This is a task: call it. It downloads nothing, because the files are in the package.
 *
 * @returns both sets, or what went wrong
 * @see H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", arXiv:1708.07747; MIT licence, Zalando SE
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
 *
 * const data = await loadFashionMnistSubset()
 * assert.equal(data._tag === 'Right' && data.right.train.labels.length, 10_000)
 * ```
 */
export const loadFashionMnistSubset: TE.TaskEither<SubsetReadError | FashionMnistDecodeError, FashionMnist> = () =>
  loadFashionMnistSubsetFrom(fashionMnistSubsetFiles)()
