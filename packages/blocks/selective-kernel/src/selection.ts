import { reshape, softmax, type Tensor, transpose } from '@tensorflow/tfjs-core'
import { type Join, product, ShapeError, formatShape, sum } from '@resfn/layer'
import { checkOptions, wholeNumberFrom } from '@resfn/options'
import { applySplitChannels } from '@resfn/split-channels'

/** `[batch, paths channels]` to the shares of the paths: for each channel they add up to 1. */
const shares = (scores: Tensor, paths: number): Tensor => {
  const [batch, all] = scores.shape as [number, number]
  const byChannel = transpose(reshape(scores, [batch, paths, all / paths]), [0, 2, 1])
  return reshape(transpose(softmax(byChannel), [0, 2, 1]), [batch, all])
}

/**
 * The join that selects among paths: `y[c] = sum over p of a[p,c] x[p,c]`, where `a` is the softmax over the paths `p`
 * of the scores of the branch. The input has the channels of all paths, one path after the other.
 *
 * @param options how many paths there are
 * @throws OptionsError if `paths` is not a whole number of at least 1
 * @see Li et al., "Selective kernel networks" (2019), equations 5 and 6
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { selection } from '@resfn/selective-kernel'
 *
 * // Equal scores: the mean of the paths.
 * const y = selection({ paths: 2 }).apply([tf.tensor4d([2, 10], [1, 1, 1, 2]), tf.zeros([1, 2])])
 * assert.deepEqual([...y.dataSync()], [6])
 * ```
 */
export const selection = (options: { readonly paths: number }): Join => {
  checkOptions('selection', options, { paths: wholeNumberFrom(1) })
  const { paths } = options
  return {
    kind: `selection of ${paths}`,
    output: ({ shortcut, branch }) => {
      const all = shortcut!.at(-1)!
      if (all % paths !== 0 || branch!.length !== 1 || branch![0] !== all)
        throw new ShapeError(
          '',
          `selection of ${paths} paths needs a score for each channel of each: [${all}] for ${formatShape(shortcut!)}, not ${formatShape(branch!)}`,
        )
      return [...shortcut!.slice(0, -1), all / paths]
    },
    apply: ([x, scores]) => {
      const gates = applySplitChannels(shares(scores!, paths), { parts: paths })
      return sum.apply(applySplitChannels(x!, { parts: paths }).map((path, p) => product.apply([path, gates[p]!])))
    },
  }
}
