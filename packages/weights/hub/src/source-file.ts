import { open, readFile, stat } from 'node:fs/promises'
import type { ReadError, SourceFile } from '@resfn/import'
import { either as E, type taskEither as TE } from 'fp-ts'
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

/** The bytes from `start` up to `end`, or fewer where the file ends. */
const readPart = async (path: string, start: number, end: number): Promise<Uint8Array> => {
  const file = await open(path)
  try {
    const bytes = new Uint8Array(end - start)
    let at = 0
    for (;;) {
      const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at)
      at += bytesRead
      // A read may give less than was asked for.
      if (bytesRead === 0 || at === bytes.length) return bytes.subarray(0, at)
    }
  } finally {
    await file.close()
  }
}

/** A file of this machine, read in parts. */
export const sourceFile = (path: string): TE.TaskEither<ReadError, SourceFile> =>
  reading(path, async () => {
    const { size } = await stat(path)
    return {
      length: size,
      read: (start, end) => async () => {
        const part = await reading(path, () => readPart(path, start, end))()
        return E.isRight(part) && part.right.length < end - start
          ? E.left(failure('Truncated', path, 'it became shorter while it was read; load it again'))
          : part
      },
    }
  })

/** A whole file. */
export const wholeFile = (path: string): TE.TaskEither<HubError, Uint8Array> => reading(path, () => readFile(path))

/** A whole file as text. */
export const textFile = (path: string): TE.TaskEither<HubError, string> => reading(path, () => readFile(path, 'utf8'))
