import { join } from 'node:path'
import { cacheFolder } from '@resfn/cache'
import { type Download, download, type DownloadError } from '@resfn/download'
import { array as A, function as F, taskEither as TE } from 'fp-ts'
import { type FashionMnist, type FashionMnistFile, fashionMnistFiles } from './decode.ts'
import type { FashionMnistError } from './error.ts'
import { loadFashionMnistFolder } from './folder.ts'

/** The size in bytes and the SHA-256 of each compressed file. */
export type Checksums = Readonly<Record<FashionMnistFile, { readonly bytes: number; readonly sha256: string }>>

/** The files of zalandoresearch/fashion-mnist: those with the MD5 sums that its README lists. */
export const fashionMnistChecksums: Checksums = {
  trainImages: { bytes: 26_421_880, sha256: '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84' },
  trainLabels: { bytes: 29_515, sha256: 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845' },
  testImages: { bytes: 4_422_102, sha256: '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073' },
  testLabels: { bytes: 5_148, sha256: '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5' },
}

/** The bucket of the data set's authors; the address in their README, with the encrypted end point. */
export const fashionMnistBaseUrl = 'https://fashion-mnist.s3.eu-central-1.amazonaws.com/'

/** How far a download is: `received` of `total` bytes of one file. */
export type Progress = { readonly file: FashionMnistFile; readonly received: number; readonly total: number }

/** Where `loadFashionMnist` looks, and how it fetches; `stall`, `attempts` and `pause` are those of `download`. */
export type LoadOptions = Pick<Download, 'stall' | 'attempts' | 'pause'> & {
  /** A folder that has the four files; then nothing else is looked at. */
  readonly folder?: string
  /** Where downloads are kept; by default the user's cache folder. */
  readonly cache?: string
  /** A mirror of the official files. */
  readonly baseUrl?: string
  /** Sizes and SHA-256 of the files under `baseUrl`, where they are not the official ones. */
  readonly checksums?: Checksums
  readonly onProgress?: (progress: Progress) => void
}

const fetchInto = (
  cache: string,
  { baseUrl = fashionMnistBaseUrl, checksums = fashionMnistChecksums, onProgress, ...options }: LoadOptions,
): TE.TaskEither<DownloadError, readonly void[]> =>
  F.pipe(
    Object.entries(checksums) as [FashionMnistFile, Checksums[FashionMnistFile]][],
    A.traverse(TE.ApplicativeSeq)(([file, checksum]) => {
      const name = `${fashionMnistFiles[file]}.gz`
      return download({
        ...options,
        ...checksum,
        url: `${baseUrl.replace(/\/*$/, '/')}${name}`,
        path: join(cache, name),
        onProgress: (received) => onProgress?.({ file, received, total: checksum.bytes }),
      })
    }),
  )

/**
 * Loads Fashion-MNIST: 60,000 training and 10,000 test images of 28 x 28 bytes in ten classes.
 * Looks in `folder` if one is given, else in the cache, and downloads what is missing there (31 MB) from its authors'
 * server. A download resumes, is checked by SHA-256, and is never left half done under its name.
 *
 * @param options see `LoadOptions`
 * @returns a task of the training and the test set, or of what went wrong and how to fix it
 * @see H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", arXiv:1708.07747
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { loadFashionMnist } from '@resfn/fashion-mnist'
 *
 * const result = await loadFashionMnist({ folder: 'no/such/folder' })()
 * assert.ok(result._tag === 'Left' && result.left.message.startsWith('there is no folder no/such/folder'))
 * ```
 */
export const loadFashionMnist = (options: LoadOptions = {}): TE.TaskEither<FashionMnistError, FashionMnist> => {
  const { folder, cache = cacheFolder('fashion-mnist') } = options
  return folder !== undefined
    ? loadFashionMnistFolder(folder)
    : F.pipe(
        fetchInto(cache, options),
        TE.flatMap((): TE.TaskEither<FashionMnistError, FashionMnist> => loadFashionMnistFolder(cache)),
      )
}
