import type { Tensor } from '@tensorflow/tfjs-core'
import { applyDropout } from '@resfn/dropout'
import { type Empty, inTraining, type Layer } from '@resfn/layer'
import { checkOptions, numberFrom, wholeNumberFrom } from '@resfn/options'
import type { Key } from '@resfn/random'

/** How often a branch is dropped. */
export type DropPathOptions = {
  /** the share of the samples that go without the branch, from 0 to 1 */
  readonly rate: number
}

/**
 * Stochastic depth as a bare function: `y = b x / (1 - rate)`, where b is 1 with probability 1 - rate and else 0, drawn
 * for each sample. On a residual branch, a sample either has the whole branch or goes by the shortcut alone. It is
 * dropout of samples.
 *
 * @param x [batch, ...], the output of a branch
 * @param key the draws are a function of it and of the size of the batch, the same on every backend
 * @param options rate
 * @returns y, of the same shape; x itself at rate 0
 * @throws OptionsError if the rate is missing or outside of 0 to 1
 * @throws InputError, ShapeError if x is not a live tensor with a batch axis
 * @see Huang et al., "Deep networks with stochastic depth" (2016), section 3; scaled in training, as timm's `drop_path`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyDropPath } from '@resfn/drop-path'
 * import { key } from '@resfn/random'
 *
 * const y = applyDropPath(tf.ones([100, 2]), key(0), { rate: 0.5 }).arraySync() as number[][]
 * assert.ok(y.every(([a, b]) => a === b))
 * ```
 */
export const applyDropPath = (x: Tensor, key: Key, options: DropPathOptions): Tensor => {
  checkOptions('applyDropPath', options, { rate: numberFrom(0, 1) })
  return applyDropout(x, key, { rate: options.rate, per: 'sample' })
}

/**
 * Stochastic depth as a layer, the last of a residual branch: `y = b x / (1 - rate)` in training, `y = x` in
 * evaluation.
 *
 * @param options rate
 * @throws OptionsError if the rate is missing or outside of 0 to 1
 * @see Huang et al., "Deep networks with stochastic depth" (2016), section 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 * import { dropPath } from '@resfn/drop-path'
 * import { identityAdd } from '@resfn/identity-add'
 * import { sequential } from '@resfn/layer'
 *
 * const block = identityAdd(sequential({ fc: dense({ out: 4 }), dropPath: dropPath({ rate: 0.2 }) }))
 * assert.deepEqual(block.plan([4]).output, [4])
 * ```
 */
export const dropPath = (options: DropPathOptions): Layer<Empty> => {
  checkOptions('dropPath', options, { rate: numberFrom(0, 1) })
  return inTraining((x, key) => applyDropPath(x, key, options), { kind: `dropPath ${options.rate}` })
}

/**
 * The rates of the blocks of a net by the linear rule: `rate_l = rate l / (blocks - 1)` for l from 0, so that the first
 * block always stays and the last is dropped most often.
 *
 * @param options the rate of the last block, from 0 to 1, and the number of blocks
 * @returns a rate for each block; 0 for a single one
 * @throws OptionsError if an option is missing or outside of its range
 * @see Huang et al., "Deep networks with stochastic depth" (2016), section 3 (linear decay); counted from 0 as in timm
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { linearRates } from '@resfn/drop-path'
 *
 * assert.deepEqual(linearRates({ rate: 0.2, blocks: 3 }), [0, 0.1, 0.2])
 * ```
 */
export const linearRates = (options: { readonly rate: number; readonly blocks: number }): readonly number[] => {
  checkOptions('linearRates', options, { rate: numberFrom(0, 1), blocks: wholeNumberFrom(1) })
  const { rate, blocks } = options
  return Array.from({ length: blocks }, (_, l) => rate * (l / Math.max(1, blocks - 1)))
}
