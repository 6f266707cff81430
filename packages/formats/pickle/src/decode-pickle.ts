import { numpyDtypes } from '@resfn/npz'
import { byteLength, type TensorView } from '@resfn/safetensors'
import { either as E } from 'fp-ts'
import { failure, type PickleError } from './error.ts'
import { numpyLanguage } from './numpy.ts'
import { program } from './program.ts'
import { viewOf } from './strided.ts'
import { type ArrayRef, isArray, type Value } from './value.ts'

/** The value of a pickle: lists, records, texts, numbers, and arrays, which `arrayView` reads. */
export type PickledValue = Value

const columnStrides = (shape: readonly number[]): readonly number[] =>
  shape.map((_, axis) => shape.slice(0, axis).reduce((product, side) => product * side, 1))

const rowStrides = (shape: readonly number[]): readonly number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1))

/**
 * Decodes a pickle of Python, protocol 2 to 4, with arrays of NumPy in it, such as the files of CIFAR. It is a program;
 * of its opcodes and of the names that it may call only those are known that make arrays, records, texts and numbers,
 * and everything else is an error. So nothing of a file is run.
 *
 * @param bytes the whole file
 * @returns the value, or a `PickleError` (never an exception, for any bytes). Tuples are lists. A text of Python 2
 * that is not UTF-8 is bytes. Lists and records may hold themselves
 * @see Python, `pickletools`; NumPy, `ndarray.__reduce__` and `dtype.__reduce__`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decodePickle } from '@resfn/pickle'
 *
 * // pickle.dumps({'a': 1}, protocol=2)
 * const value = decodePickle(new Uint8Array([0x80, 2, 0x7d, 0x55, 1, 0x61, 0x4b, 1, 0x73, 0x2e]))
 * assert.ok(value._tag === 'Right')
 * assert.deepEqual(value.right, new Map([['a', 1]]))
 * ```
 */
export const decodePickle = (bytes: Uint8Array): E.Either<PickleError, PickledValue> => program(bytes, numpyLanguage)

/**
 * The numbers of an array in a pickle.
 *
 * @param value a part of what `decodePickle` gives
 * @returns dtype, shape and data row by row, a view of the array's bytes where they lie so; or a `PickleError`, also
 * where the value is not an array
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { arrayView } from '@resfn/pickle'
 *
 * const view = arrayView(3)
 * assert.equal(view._tag === 'Left' && view.left._tag, 'NotAnArray')
 * ```
 */
export const arrayView = (value: PickledValue | undefined): E.Either<PickleError, TensorView> =>
  isArray(value)
    ? readArray(value)
    : E.left(failure('NotAnArray', 'the pickle', 'a value is not an array of NumPy', 'is it a file of this kind?'))

const readArray = ({ dtype: { name, order }, shape, isFortran, data }: ArrayRef): E.Either<PickleError, TensorView> => {
  const dtype = numpyDtypes.get(name)
  if (dtype === undefined || order === '>')
    return E.left(
      failure(
        'UnsupportedType',
        'the pickle',
        `an array has the type ${JSON.stringify((order + name).slice(0, 20))}`,
        'numbers of at most 64 bits with their lowest byte first can be read',
      ),
    )
  // A text of Python 2 that happens to be UTF-8 was decoded.
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
  const expected = byteLength(dtype, shape)
  if (expected !== bytes.length)
    return E.left(
      failure(
        'InvalidTensor',
        'the pickle',
        `an array has ${bytes.length} bytes, and shape (${shape.join(', ')}) of ${dtype} needs ${expected === 'overflow' ? 'more than 2^53 bits' : expected}`,
        'the file is damaged: save it again',
      ),
    )
  const elements = shape.reduce((product, side) => product * side, 1)
  const strides = isFortran ? columnStrides(shape) : rowStrides(shape)
  const storage = { kind: 'storage', dtype, name: '', elements } as const
  return E.right(viewOf({ kind: 'tensor', storage, offset: 0, shape, strides }, bytes))
}
