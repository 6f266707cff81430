import { type KeyMap, keyOf, keysBeside, rankOf } from '@resfn/archs'
import { type Shape, sizeOf } from '@resfn/layer'

/** A published tensor: its key, and its shape in the order of axes that its key tells. */
export type PublishedLeaf = { readonly key: string; readonly shape: Shape }

/**
 * Keras and JAX call a weight `kernel` and put the outputs last, as we do; PyTorch calls it `weight` and puts them
 * first.
 */
const isOutputsLast = (key: string): boolean => /(^|[./_])kernel(:\d+)?$/.test(key)

/** The axes `[out, in, ...positions]` of PyTorch in our order `[...positions, in, out]`. */
const outputsLast = (shape: Shape): Shape => (shape.length < 2 ? shape : [...shape.slice(2), shape[1]!, shape[0]!])

const outputsFirst = (shape: Shape): Shape =>
  shape.length < 2 ? shape : [shape.at(-1)!, shape.at(-2)!, ...shape.slice(0, -2)]

const withoutOnes = (shape: Shape): string => shape.filter((size) => size !== 1).join()

/**
 * The shape of a published tensor in our order of axes: `[out, in, height, width]` becomes `[height, width, in, out]`
 * and `[out, in]` becomes `[in, out]`, but for a key that ends in `kernel`, which is in our order already.
 *
 * @param published key and shape
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { ourShape } from '@resfn/layout'
 *
 * assert.deepEqual(ourShape({ key: 'conv1.weight', shape: [64, 3, 7, 7] }), [7, 7, 3, 64])
 * assert.deepEqual(ourShape({ key: 'conv1_conv/kernel', shape: [7, 7, 3, 64] }), [7, 7, 3, 64])
 * ```
 */
export const ourShape = ({ key, shape }: PublishedLeaf): Shape => (isOutputsLast(key) ? shape : outputsLast(shape))

/**
 * Whether a published tensor can be a leaf of a shape: it has that shape in our order of axes, but for axes of size 1.
 * So a 1x1 convolution can be a matrix, and a matrix a 1x1 convolution.
 *
 * @param published key and shape
 * @param ours the shape of the leaf
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fits } from '@resfn/layout'
 *
 * assert.ok(fits({ key: 'se.fc1.weight', shape: [16, 256, 1, 1] }, [256, 16]))
 * assert.ok(!fits({ key: 'se.fc1.weight', shape: [16, 256, 1, 1] }, [16, 256]))
 * ```
 */
export const fits = (published: PublishedLeaf, ours: Shape): boolean =>
  withoutOnes(ourShape(published)) === withoutOnes(ours)

/**
 * The published tensor that stands for a leaf, and the keys that may stand beside it.
 *
 * @param path the path of the leaf
 * @param shape the shape of the leaf
 * @param keys the map of the format
 * @throws KeyMapError naming the pair, if the map is malformed or ambiguous
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { torchvisionKeys } from '@resfn/archs/resnet/keys'
 * import { publishedOf } from '@resfn/layout'
 *
 * const { key, shape } = publishedOf('layer2.0.shortcut.conv.weight', [1, 1, 64, 128], torchvisionKeys)
 * assert.deepEqual([key, shape], ['layer2.0.downsample.0.weight', [128, 64, 1, 1]])
 * ```
 */
export const publishedOf = (
  path: string,
  shape: Shape,
  keys: KeyMap,
): PublishedLeaf & { readonly beside: readonly string[] } => {
  const key = keyOf(path, keys)
  const plain = isOutputsLast(key) ? shape : outputsFirst(shape)
  const rank = rankOf(path, keys) ?? plain.length
  const ones = Array.from({ length: Math.max(0, rank - plain.length) }, () => 1)
  // A matrix becomes a 1x1 convolution, a vector the one filter of a convolution over channels.
  const leading = plain.length < 2 || isOutputsLast(key)
  return { key, shape: leading ? [...ones, ...plain] : [...plain, ...ones], beside: keysBeside(path, keys) }
}

/** So many float32 numbers are a line of the cache. */
const tile = 16

/** Values `[a, b, c]` in the order `[c, b, a]`, in tiles of which each side is read or written line by line. */
const turned = (
  values: Float32Array,
  [a, b, c]: readonly [number, number, number],
  result: Float32Array = new Float32Array(values.length),
): Float32Array => {
  for (let left = 0; left < a; left += tile)
    for (let top = 0; top < c; top += tile) {
      const right = Math.min(a, left + tile)
      const bottom = Math.min(c, top + tile)
      for (let j = 0; j < b; j++)
        for (let k = top; k < bottom; k++) {
          const to = (k * b + j) * a
          for (let i = left; i < right; i++) result[to + i] = values[(i * b + j) * c + k]!
        }
    }
  return result
}

/**
 * The values of a published tensor in our order of axes.
 *
 * @param values in the order of the published shape, row by row; they are not changed
 * @param published key and shape
 * @param into where values in another order are written; by default a new array
 * @returns the values of the leaf, the same array where the order is the same
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fromPublished } from '@resfn/layout'
 *
 * const weight = fromPublished(new Float32Array([1, 2, 3, 4, 5, 6]), { key: 'fc.weight', shape: [2, 3] })
 * assert.deepEqual([...weight], [1, 4, 2, 5, 3, 6])
 * ```
 */
export const fromPublished = (
  values: Float32Array,
  { key, shape }: PublishedLeaf,
  into?: Float32Array,
): Float32Array => {
  if (isOutputsLast(key) || shape.length < 2) return values
  const [out, inputs, ...positions] = shape as readonly [number, number, ...number[]]
  return turned(values, [out, inputs, sizeOf(positions)], into)
}

/**
 * The values of a leaf in the published order of axes, the inverse of `fromPublished`.
 *
 * @param values in the order of the leaf, row by row; they are not changed
 * @param published key and shape
 * @returns the published values, the same array where the order is the same
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { toPublished } from '@resfn/layout'
 *
 * const weight = toPublished(new Float32Array([1, 4, 2, 5, 3, 6]), { key: 'fc.weight', shape: [2, 3] })
 * assert.deepEqual([...weight], [1, 2, 3, 4, 5, 6])
 * ```
 */
export const toPublished = (values: Float32Array, { key, shape }: PublishedLeaf): Float32Array => {
  if (isOutputsLast(key) || shape.length < 2) return values
  const [out, inputs, ...positions] = shape as readonly [number, number, ...number[]]
  return turned(values, [sizeOf(positions), inputs, out])
}
