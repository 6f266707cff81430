import { function as F, taskEither as TE } from 'fp-ts'

/** A file that can be read in parts. */
export type SourceFile<E = never> = {
  /** bytes */
  readonly length: number
  /** the bytes from `start` up to `end`, which the next read may change */
  readonly read: (start: number, end: number) => TE.TaskEither<E, Uint8Array>
}

/**
 * A file in memory as one that is read in parts.
 *
 * @param bytes the whole file
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fileOf } from '@resfn/zip'
 * import { either as E } from 'fp-ts'
 *
 * assert.deepEqual(await fileOf(new Uint8Array([1, 2, 3])).read(1, 3)(), E.right(new Uint8Array([2, 3])))
 * ```
 */
export const fileOf = (bytes: Uint8Array): SourceFile => ({
  length: bytes.length,
  read: (start, end) => TE.right(bytes.subarray(start, end)),
})

/** What is read at once, so that small reads beside each other are one. */
const window = 2 ** 20

/** Typed arrays on the bytes need no copy. */
const alignment = 64

/**
 * A file that is read in parts of a megabyte or more into one memory: reading tensor by tensor leaves nothing to be
 * collected.
 *
 * @param length bytes
 * @param fill fills the memory with the bytes from `start` on
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bufferedFile } from '@resfn/zip'
 * import { either as E, taskEither as TE } from 'fp-ts'
 *
 * const file = bufferedFile(300, (bytes, start) => TE.fromIO(() => void bytes.fill(start + 7)))
 * assert.deepEqual(await file.read(1, 3)(), E.right(new Uint8Array([7, 7])))
 * ```
 */
export const bufferedFile = <E>(
  length: number,
  fill: (bytes: Uint8Array, start: number) => TE.TaskEither<E, void>,
): SourceFile<E> => {
  let memory = new Uint8Array(0)
  let [from, to] = [0, 0]
  return {
    length,
    read: (start, end) => async () => {
      const within = () => memory.subarray(start - from, end - from)
      if (start >= from && end <= to) return TE.right<E, Uint8Array>(within())()
      const first = start - (start % alignment)
      const last = Math.min(length, Math.max(end, first + window))
      if (memory.length < last - first) memory = new Uint8Array(last - first)
      // Until they are there, the memory holds no bytes of the file.
      ;[from, to] = [0, 0]
      return F.pipe(
        fill(memory.subarray(0, last - first), first),
        TE.map(() => {
          ;[from, to] = [first, last]
          return within()
        }),
      )()
    },
  }
}
