import type { Dtype, TensorView } from '@resfn/safetensors'
import { openZip, type SourceFile, type Zip } from '@resfn/zip'
import { either as E, function as F, taskEither as TE } from 'fp-ts'
import { failure, type NpzError } from './error.ts'
import { arrayOf, type Header, headerEnd, headerOf, headerStart, sizeFault } from './npy.ts'

/** An array of a file; its values are read when they are asked for. */
export type StoredArray<X = never> = {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** the array row by row, to be used before the next read of the file */
  readonly view: TE.TaskEither<NpzError | X, TensorView>
}

type Told = { readonly message: string }

/** The errors of an array with its name. */
const named = (name: string): (<X extends Told, A>(task: TE.TaskEither<X, A>) => TE.TaskEither<X, A>) =>
  TE.mapLeft((error) => ({ ...error, message: `array ${JSON.stringify(name.slice(0, 100))}, ${error.message}` }))

/** Reads what an array is, and nothing of its data. */
const storedArray = <X extends Told>(
  { read, size }: Zip<X>,
  file: string,
  name: string,
): TE.TaskEither<NpzError | X, StoredArray<X>> =>
  F.pipe(
    read(file, { end: headerStart }),
    TE.flatMapEither((bytes): E.Either<NpzError | X, number> => headerEnd(bytes)),
    TE.flatMap((end) =>
      F.pipe(
        read(file, { end }),
        TE.flatMapEither((bytes): E.Either<NpzError | X, Header> => headerOf(bytes, end)),
      ),
    ),
    TE.flatMapEither((header): E.Either<NpzError | X, StoredArray<X>> => {
      const { dtype, shape, start } = header
      const fault = sizeFault(header, size(file)! - start)
      if (fault !== undefined) return E.left(fault)
      const view = F.pipe(
        read(file, { start }),
        TE.map((data) => arrayOf(header, data)),
      )
      return E.right({ dtype, shape, view: named(name)<NpzError | X, TensorView>(view) })
    }),
    named(name),
  )

/**
 * Decodes a file of `numpy.savez`: what its arrays are, by name; the values of each are read when they are asked for.
 *
 * @param file the file, such as `fileOf(bytes)` of `@resfn/zip`
 * @returns the arrays, or an `NpzError` (never an exception, for any bytes)
 * @see NumPy, `numpy.lib.format` and `numpy.savez`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decode } from '@resfn/npz'
 * import { fileOf } from '@resfn/zip'
 *
 * const result = await decode(fileOf(new Uint8Array(4)))()
 * assert.ok(result._tag === 'Left' && result.left._tag === 'InvalidZip')
 * ```
 */
export const decode = <X extends Told = never>(
  file: SourceFile<X>,
): TE.TaskEither<NpzError | X, ReadonlyMap<string, StoredArray<X>>> =>
  F.pipe(
    openZip(file),
    TE.flatMap((zip): TE.TaskEither<NpzError | X, ReadonlyMap<string, StoredArray<X>>> => {
      const strange = zip.names.find((name) => !name.endsWith('.npy'))
      if (strange !== undefined)
        return TE.left(
          failure(
            'OtherFormat',
            'the zip file',
            `it has ${JSON.stringify(strange.slice(0, 100))}, which is not an array`,
            'is it a file of numpy.savez?',
          ),
        )
      return F.pipe(
        zip.names,
        TE.traverseSeqArray((entry) => {
          const name = entry.slice(0, -'.npy'.length)
          return F.pipe(
            storedArray(zip, entry, name),
            TE.map((array) => [name, array] as const),
          )
        }),
        TE.map((arrays) => new Map(arrays)),
      )
    }),
  )
