import { reshape, sigmoid, softmax, sum, type Tensor, transpose } from '@tensorflow/tfjs-core'
import {
  checkBatch,
  checkSample,
  checkTensor,
  type Empty,
  formatShape,
  type Layer,
  lift,
  type Shape,
  ShapeError,
} from '@resfn/layer'
import { checkOptions, optional, wholeNumberFrom } from '@resfn/options'

/** How many splits and groups the features have. */
export type RadixSoftmaxOptions = {
  /** splits of a group, which compete with each other */
  readonly radix: number
  /** groups; 1 by default */
  readonly cardinality?: number
}

const rules = { radix: wholeNumberFrom(1), cardinality: optional(wholeNumberFrom(1)) }

const checkParts = (caller: string, shape: Shape, parts: number): number => {
  const all = shape.at(-1) ?? 0
  if (all % parts !== 0)
    throw new ShapeError('', `${caller} takes a multiple of ${parts} channels, but the input is ${formatShape(shape)}`)
  return all / parts
}

/**
 * The sum of the splits as a bare function: `y[…, c] = sum over r of x[…, r channels / radix + c]`.
 *
 * @param x [batch, ..., channels], split after split
 * @param options `radix`: how many splits there are
 * @returns [batch, ..., channels / radix]
 * @throws OptionsError if the radix is not a whole number of at least 1
 * @throws InputError, ShapeError if x is not a live tensor whose channels the radix divides
 * @see Zhang et al., "ResNeSt: split-attention networks" (2020), section 3.1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyRadixSum } from '@resfn/split-attention'
 *
 * assert.deepEqual([...applyRadixSum(tf.tensor2d([[1, 2, 10, 20]]), { radix: 2 }).dataSync()], [11, 22])
 * ```
 */
export const applyRadixSum = (x: Tensor, options: { readonly radix: number }): Tensor => {
  checkOptions('applyRadixSum', options, { radix: rules.radix })
  checkTensor('radixSum', x)
  const { radix } = options
  const width = checkParts('radixSum', x.shape, radix)
  const outer = x.shape.slice(0, -1)
  return radix === 1 ? x : sum(reshape(x, [...outer, radix, width]), outer.length)
}

/**
 * The sum of the splits as a layer.
 *
 * @param options `radix`: how many splits there are
 * @throws OptionsError if the radix is not a whole number of at least 1
 * @throws ShapeError, from `plan`, if the radix does not divide the channels
 * @see Zhang et al., "ResNeSt: split-attention networks" (2020), section 3.1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { radixSum } from '@resfn/split-attention'
 *
 * assert.deepEqual(radixSum({ radix: 2 }).plan([7, 7, 64]).output, [7, 7, 32])
 * ```
 */
export const radixSum = (options: { readonly radix: number }): Layer<Empty> => {
  checkOptions('radixSum', options, { radix: rules.radix })
  const { radix } = options
  return lift((x) => applyRadixSum(x, { radix }), {
    kind: `radixSum ${radix}`,
    output: (input) => [...input.slice(0, -1), checkParts('radixSum', input, radix)],
  })
}

/**
 * The attention over the splits as a bare function: `a[n, r, k, c] = exp(z[n, k, r, c]) / sum over s of exp(z[n, k, s,
 * c])`, and for a single split `sigmoid(z)`. The features come group after group and leave split after split, as the
 * grouped convolutions before and after it have them.
 *
 * @param z [batch, channels], that is [batch, cardinality, radix, width]
 * @param options radix and cardinality
 * @returns [batch, channels], that is [batch, radix, cardinality, width]
 * @throws OptionsError if an option is not a whole number of at least 1
 * @throws InputError, ShapeError if z is not a float32 batch of features that radix and cardinality divide
 * @see Zhang et al., "ResNeSt: split-attention networks" (2020), equation 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyRadixSoftmax } from '@resfn/split-attention'
 *
 * assert.deepEqual([...applyRadixSoftmax(tf.zeros([1, 4]), { radix: 2 }).dataSync()], [0.5, 0.5, 0.5, 0.5])
 * ```
 */
export const applyRadixSoftmax = (z: Tensor, options: RadixSoftmaxOptions): Tensor => {
  checkOptions('applyRadixSoftmax', options, rules)
  checkBatch('radixSoftmax', z, ['features'])
  const { radix, cardinality = 1 } = options
  const width = checkParts('radixSoftmax', z.shape, radix * cardinality)
  if (radix === 1) return sigmoid(z)
  // tfjs takes the softmax over the last axis, so the splits go there and come back.
  const splitsLast = transpose(reshape(z, [-1, cardinality, radix, width]), [0, 1, 3, 2])
  return reshape(transpose(softmax(splitsLast), [0, 3, 1, 2]), z.shape)
}

/**
 * The attention over the splits as a layer: a softmax for each channel of each group, or a sigmoid for a single split.
 *
 * @param options radix and cardinality
 * @throws OptionsError if an option is not a whole number of at least 1
 * @throws ShapeError, from `plan`, if the input is not [features] that radix and cardinality divide
 * @see Zhang et al., "ResNeSt: split-attention networks" (2020), equation 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { radixSoftmax } from '@resfn/split-attention'
 *
 * assert.deepEqual(radixSoftmax({ radix: 2, cardinality: 4 }).plan([64]).output, [64])
 * ```
 */
export const radixSoftmax = (options: RadixSoftmaxOptions): Layer<Empty> => {
  checkOptions('radixSoftmax', options, rules)
  const { radix, cardinality = 1 } = options
  return lift((z) => applyRadixSoftmax(z, { radix, cardinality }), {
    kind: radix === 1 ? 'sigmoid' : `softmax over ${radix} splits`,
    output: (input) => {
      checkSample('radixSoftmax', input, ['features'])
      checkParts('radixSoftmax', input, radix * cardinality)
      return input
    },
  })
}
