import { open, readFile, stat } from 'node:fs/promises'
import { bufferedFile, type ReadError, type SourceFile } from '@resfn/import'
import { either as E, function as F, taskEither as TE } from 'fp-ts'
import { type HubError, failure, systemFailure } from './error.ts'

const reading =
  <A>(path: string, work: () => Promise<A>): TE.TaskEither<HubError, A> =>
  async () => {
    try {
      return E.right(await work())
    } catch (error) {
      return E.left(systemFailure('Unreadable', path, error))
    }
  }

/** Fills bytes with those of a file from `start` on; false where it ends before. */
const fill = async (path: string, bytes: Uint8Array, start: number): Promise<boolean> => {
  const file = await open(path)
  try {
    // A read may give less than was asked for.
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at)
      if (bytesRead === 0) return false
      at += bytesRead
    }
    return true
  } finally {
    await file.close()
  }
}

/** A file of this machine, read in parts. */
export const sourceFile = (path: string): TE.TaskEither<ReadError, SourceFile> =>
  F.pipe(
    reading(path, () => stat(path)),
    TE.map(({ size }) =>
      bufferedFile(size, (bytes, start) =>
        F.pipe(
          reading(path, () => fill(path, bytes, start)),
          TE.flatMap((isWhole) =>
            isWhole
              ? TE.right(undefined)
              : TE.left(failure('Truncated', path, 'it became shorter while it was read; load it again')),
          ),
        ),
      ),
    ),
  )

/** The index of the largest nets has a hundredth of it. */
const longestText = 2 ** 26

/** A whole file as text. */
export const textFile = (path: string): TE.TaskEither<HubError, string> =>
  F.pipe(
    reading(path, () => stat(path)),
    TE.flatMap(({ size }) =>
      size > longestText
        ? TE.left(
            failure(
              'Unreadable',
              path,
              `it has ${size} bytes, and at most ${longestText} are read; is it the right file?`,
            ),
          )
        : reading(path, () => readFile(path, 'utf8')),
    ),
  )
