import {
  add,
  customGrad,
  div,
  equal,
  exp,
  type GradSaveFunc,
  log,
  max,
  mean,
  mul,
  sub,
  sum,
  type Tensor,
  tensor1d,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core'
import { checkOptions, numberFrom, optional } from '@resfn/options'
import { checkWeights, classWeights } from './class-weights.ts'
import { checkTargets, type Loss, targetsOf } from './loss.ts'

/** Options of `crossEntropy`. */
export type CrossEntropyOptions = {
  /** How the target is spread: so much of it, from 0 to 1, goes to all classes alike; by default 0. */
  readonly smoothing?: number
  /** How much each class counts, one number of at least 0 a class; by default all alike. See `balancedWeights`. */
  readonly weights?: readonly number[]
}

/** 0 where the target is 0: 0 * -Infinity would be NaN. */
const products = (targets: Tensor, values: Tensor): Tensor =>
  where(equal(targets, 0), zerosLike(values), mul(targets, values))

/**
 * Mean cross-entropy of logits against target probabilities: `mean(log(sum(exp(x))) - sum(target * x))`. The largest
 * logit of each row is subtracted first, so that no exponential overflows. A class with a target of 0 adds nothing,
 * also where its logit is -Infinity (a masked class). For mixed labels (mixup); `crossEntropy` takes plain labels too.
 *
 * @param logits float32 `[batch, classes]`
 * @param targets float32 `[batch, classes]`, rows that sum to 1; they get no gradient
 * @returns a scalar whose gradient is `(softmax(logits) - targets) / batch`
 * @throws LossError if the shapes do not fit
 * @see PyTorch, `torch.nn.functional.cross_entropy` with class probabilities
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { softCrossEntropy } from '@resfn/losses'
 *
 * const loss = softCrossEntropy(tf.tensor2d([[0, 0]]), tf.tensor2d([[0.5, 0.5]]))
 * assert.ok(Math.abs(loss.dataSync()[0]! - Math.log(2)) < 1e-6)
 * ```
 */
export const softCrossEntropy: Loss = (logits, targets) => {
  checkTargets('softCrossEntropy', logits, targets)
  const batch = logits.shape[0]!
  const loss = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [x, save] = args as [Tensor, GradSaveFunc]
    const shifted = sub(x, max(x, 1, true))
    const exponentials = exp(shifted)
    const total = sum(exponentials, 1, true)
    const value = mean(sub(log(total), sum(products(targets, shifted), 1, true)))
    // The gradient without the factor of the outer gradient is known here already, and nothing else has to be kept.
    save([div(sub(div(exponentials, total), targets), batch)])
    return { value, gradFunc: (dy: Tensor, [slope]: Tensor[]) => mul(slope!, dy) }
  })
  return loss(logits)
}

/** The same for targets that do not sum to 1, divided by a scalar `total` instead of the batch. */
const weightedCrossEntropy = (logits: Tensor, targets: Tensor, total: Tensor | number): Tensor => {
  const loss = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [x, save] = args as [Tensor, GradSaveFunc]
    const shifted = sub(x, max(x, 1, true))
    const exponentials = exp(shifted)
    const sums = sum(exponentials, 1, true)
    const mass = sum(targets, 1, true)
    const rows = sub(mul(mass, log(sums)), sum(products(targets, shifted), 1, true))
    save([div(sub(mul(mass, div(exponentials, sums)), targets), total)])
    return { value: div(sum(rows), total), gradFunc: (dy: Tensor, [slope]: Tensor[]) => mul(slope!, dy) }
  })
  return loss(logits)
}

/**
 * Mean cross-entropy of logits against labels: `mean(log(sum(exp(x))) - x[label])`, stable for logits of any size. With
 * `smoothing` s the target is `1 - s + s / classes` at the label and `s / classes` elsewhere; a masked class (logit
 * -Infinity) then makes the loss infinite. With `weights` w each target is multiplied by the weight of its class, and
 * the mean is over the weights of the labels instead of the examples.
 *
 * @param options see `CrossEntropyOptions`
 * @returns the loss of logits (float32 `[batch, classes]`) and labels (int32 `[batch]`, from 0 to classes - 1, or
 * target probabilities, float32 `[batch, classes]`): a scalar. It is NaN if a label is outside that range, because
 * reading labels back would make a GPU wait; `@resfn/step` checks them before they are uploaded.
 * @throws OptionsError if smoothing is not from 0 to 1, or a weight is not a number of at least 0
 * @throws LossError if logits, labels and weights do not fit
 * @see PyTorch, `torch.nn.CrossEntropyLoss`
 * @see Szegedy et al., "Rethinking the Inception architecture" (2016), section 7
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { crossEntropy } from '@resfn/losses'
 *
 * const loss = crossEntropy({ smoothing: 0.1 })(tf.tensor2d([[1000, 0]]), tf.tensor1d([0], 'int32'))
 * assert.equal(loss.dataSync()[0], 50)
 * ```
 */
export const crossEntropy = (options: CrossEntropyOptions = {}): Loss => {
  checkOptions('crossEntropy', options, { smoothing: optional(numberFrom(0, 1)), weights: optional(classWeights) })
  const { smoothing = 0, weights } = options
  return (logits, labels) => {
    const ones = targetsOf('crossEntropy', logits, labels)
    const classes = logits.shape[1]!
    const targets = smoothing === 0 ? ones : add(mul(ones, 1 - smoothing), smoothing / classes)
    if (weights === undefined) return softCrossEntropy(logits, targets)
    checkWeights('crossEntropy', weights, classes)
    const each = tensor1d([...weights])
    // PyTorch divides by the weights of labels, but by the examples where probabilities are given.
    const total = labels.rank === 2 ? logits.shape[0]! : sum(mul(ones, each))
    return weightedCrossEntropy(logits, mul(targets, each), total)
  }
}
