import {
  abs,
  add,
  cast,
  customGrad,
  div,
  exp,
  type GradSaveFunc,
  greater,
  log1p,
  mean,
  mul,
  neg,
  relu,
  sigmoid,
  sub,
  type Tensor,
  tensor1d,
} from '@tensorflow/tfjs-core'
import { checkOptions, numberFrom, optional } from '@resfn/options'
import { checkWeights, classWeights } from './class-weights.ts'
import { type Loss, targetsOf } from './loss.ts'

/** Options of `binaryCrossEntropy`. */
export type BinaryCrossEntropyOptions = {
  /** So much of the target, from 0 to 1, goes to all classes alike; by default 0. */
  readonly smoothing?: number
  /** Targets above it become 1, all others 0: mixed labels then are several whole ones. By default they stay. */
  readonly threshold?: number
  /** How much each class counts, one number of at least 0 a class; by default all alike. */
  readonly weights?: readonly number[]
}

/**
 * Mean binary cross-entropy of each class by itself: `mean(-t log(s) - (1 - t) log(1 - s))`, s being the sigmoid of the
 * logit, over examples and classes. Computed as `max(x, 0) - x t + log(1 + exp(-|x|))`, which no logit makes overflow.
 *
 * @param options see `BinaryCrossEntropyOptions`
 * @returns the loss of logits (float32 `[batch, classes]`) and labels (int32 `[batch]`) or targets (float32
 * `[batch, classes]`, each from 0 to 1; rows need not sum to 1): a scalar whose gradient is `w (sigmoid(x) - t) /
 * (batch * classes)`
 * @throws OptionsError if smoothing or threshold is not from 0 to 1, or a weight is not a number of at least 0
 * @throws LossError if logits, labels and weights do not fit
 * @see timm, `timm.loss.BinaryCrossEntropy`
 * @see Wightman et al., "ResNet strikes back" (2021), section 2.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { binaryCrossEntropy } from '@resfn/losses'
 *
 * const loss = binaryCrossEntropy()(tf.tensor2d([[0, 0]]), tf.tensor2d([[1, 1]]))
 * assert.ok(Math.abs(loss.dataSync()[0]! - Math.log(2)) < 1e-6)
 * ```
 */
export const binaryCrossEntropy = (options: BinaryCrossEntropyOptions = {}): Loss => {
  checkOptions('binaryCrossEntropy', options, {
    smoothing: optional(numberFrom(0, 1)),
    threshold: optional(numberFrom(0, 1)),
    weights: optional(classWeights),
  })
  const { smoothing = 0, threshold, weights } = options
  return (logits, labels) => {
    const given = targetsOf('binaryCrossEntropy', logits, labels)
    const [batch, classes] = logits.shape as [number, number]
    const soft = smoothing === 0 ? given : add(mul(given, 1 - smoothing), smoothing / classes)
    const targets = threshold === undefined ? soft : cast(greater(soft, threshold), 'float32')
    if (weights !== undefined) checkWeights('binaryCrossEntropy', weights, classes)
    const weighted = (values: Tensor): Tensor => (weights === undefined ? values : mul(values, tensor1d([...weights])))
    const loss = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
      const [x, save] = args as [Tensor, GradSaveFunc]
      const each = add(sub(relu(x), mul(x, targets)), log1p(exp(neg(abs(x)))))
      save([div(weighted(sub(sigmoid(x), targets)), batch * classes)])
      return { value: mean(weighted(each)), gradFunc: (dy: Tensor, [slope]: Tensor[]) => mul(slope!, dy) }
    })
    return loss(logits)
  }
}
