import type { TensorView } from '@resfn/safetensors'
import { openZip } from '@resfn/zip'
import { either as E, function as F } from 'fp-ts'
import { failure, type NpzError } from './error.ts'
import { decodeNpy } from './npy.ts'

/**
 * Decodes a file of `numpy.savez`: its arrays by name, each read when it is asked for.
 *
 * @param bytes the whole file
 * @returns a function a name, which gives the array or an `NpzError`; or an `NpzError` for the whole file (never an
 * exception, for any bytes)
 * @see NumPy, `numpy.lib.format` and `numpy.savez`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decode } from '@resfn/npz'
 *
 * const result = decode(new Uint8Array(4))
 * assert.ok(result._tag === 'Left' && result.left._tag === 'InvalidZip')
 * ```
 */
export const decode = (
  bytes: Uint8Array,
): E.Either<NpzError, ReadonlyMap<string, () => E.Either<NpzError, TensorView>>> =>
  F.pipe(
    openZip(bytes),
    E.flatMap(({ names, read }) => {
      const strange = names.find((name) => !name.endsWith('.npy'))
      if (strange !== undefined)
        return E.left(
          failure(
            'OtherFormat',
            'the zip file',
            `it has ${JSON.stringify(strange.slice(0, 100))}, which is not an array`,
            'is it a file of numpy.savez?',
          ),
        )
      const array = (name: string) => (): E.Either<NpzError, TensorView> =>
        F.pipe(
          read(name),
          E.flatMap(decodeNpy),
          E.mapLeft(({ _tag, message }): NpzError => ({
            _tag,
            message: `array ${JSON.stringify(name.slice(0, -4))}, ${message}`,
          })),
        )
      return E.right(new Map(names.map((name) => [name.slice(0, -4), array(name)])))
    }),
  )
