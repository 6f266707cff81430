import { decode as decodeNumpy } from '@resfn/npz'
import { decode as decodePickle } from '@resfn/pickle'
import { type Dtype, type TensorView, toFloat32 } from '@resfn/safetensors'
import { function as F, taskEither as TE } from 'fp-ts'
import type { PublishedTensor, PublishedWeights, ReadError, SourceFile } from './published-weights.ts'

type Stored = {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly view: TE.TaskEither<ReadError, TensorView>
}

const published = (tensors: ReadonlyMap<string, Stored>): PublishedWeights =>
  new Map(
    [...tensors].map(([key, { dtype, shape, view }]): [string, PublishedTensor] => [
      key,
      { dtype, shape, values: F.pipe(view, TE.chainEitherKW(toFloat32)) },
    ]),
  )

/**
 * The tensors of a file that `torch.save` wrote, `.pth` or `.pt`. Nothing of it is run. Only the list of tensors is
 * read now; each tensor is read when its values are asked for.
 *
 * @param file the file, such as `fileOf(bytes)`
 * @returns the tensors by key, or a `PickleError`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fileOf, torchWeights } from '@resfn/import'
 *
 * const weights = await torchWeights(fileOf(new Uint8Array(3)))()
 * assert.ok(weights._tag === 'Left' && weights.left._tag === 'OtherFormat')
 * ```
 */
export const torchWeights = (file: SourceFile): TE.TaskEither<ReadError, PublishedWeights> =>
  F.pipe(decodePickle(file), TE.map(published))

/**
 * The arrays of a file that `numpy.savez` wrote, such as the weights of Big Transfer. What they are is read now, and
 * the values of each when they are asked for.
 *
 * @param file the file, such as `fileOf(bytes)`
 * @returns the arrays by name, or an `NpzError`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fileOf, numpyWeights } from '@resfn/import'
 *
 * const weights = await numpyWeights(fileOf(new Uint8Array(3)))()
 * assert.ok(weights._tag === 'Left' && weights.left._tag === 'InvalidZip')
 * ```
 */
export const numpyWeights = (file: SourceFile): TE.TaskEither<ReadError, PublishedWeights> =>
  F.pipe(decodeNumpy(file), TE.map(published))
