import { decode as decodeNumpy } from '@resfn/npz'
import { decode as decodePickle } from '@resfn/pickle'
import { type TensorView, toFloat32 } from '@resfn/safetensors'
import { either as E, function as F } from 'fp-ts'
import type { PublishedTensor, PublishedWeights, ReadError } from './published-weights.ts'

type Read = () => E.Either<ReadError, TensorView>

const published = ({ dtype, shape }: Pick<TensorView, 'dtype' | 'shape'>, read: Read): PublishedTensor => ({
  dtype,
  shape,
  values: () =>
    Promise.resolve(
      F.pipe(
        read(),
        E.flatMap((view): E.Either<ReadError, Float32Array> => toFloat32(view)),
      ),
    ),
})

/**
 * The tensors of a file that `torch.save` wrote, `.pth` or `.pt`. Nothing of it is run. Each tensor is unpacked when
 * its values are asked for.
 *
 * @param bytes the whole file
 * @returns the tensors by key, or a `PickleError`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { torchWeights } from '@resfn/import'
 *
 * const weights = torchWeights(new Uint8Array(3))
 * assert.ok(weights._tag === 'Left' && weights.left._tag === 'OtherFormat')
 * ```
 */
export const torchWeights = (bytes: Uint8Array): E.Either<ReadError, PublishedWeights> =>
  F.pipe(
    decodePickle(bytes),
    E.map((tensors) => new Map([...tensors].map(([key, tensor]) => [key, published(tensor, tensor.view)]))),
  )

/**
 * The arrays of a file that `numpy.savez` wrote, such as the weights of Big Transfer.
 *
 * @param bytes the whole file
 * @returns the arrays by name, or an `NpzError`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { numpyWeights } from '@resfn/import'
 *
 * const weights = numpyWeights(new Uint8Array(3))
 * assert.ok(weights._tag === 'Left' && weights.left._tag === 'InvalidZip')
 * ```
 */
export const numpyWeights = (bytes: Uint8Array): E.Either<ReadError, PublishedWeights> =>
  F.pipe(
    decodeNumpy(bytes),
    E.flatMap((arrays): E.Either<ReadError, PublishedWeights> => {
      const weights = new Map<string, PublishedTensor>()
      for (const [name, read] of arrays) {
        // Only what it is stays; its values are read again when they are asked for.
        const view = read()
        if (E.isLeft(view)) return view
        weights.set(name, published({ dtype: view.right.dtype, shape: view.right.shape }, read))
      }
      return E.right(weights)
    }),
  )
