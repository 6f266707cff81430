import {
  add,
  cast,
  customGrad,
  div,
  equal,
  exp,
  type GradSaveFunc,
  log,
  max,
  mean,
  mul,
  oneHot,
  reshape,
  sub,
  sum,
  type Tensor,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core'
import { checkOptions, numberFrom, optional } from '@resfn/options'
import { LossError } from './loss-error.ts'

/**
 * A loss of a classifier: from logits `[batch, classes]` and labels (int32 `[batch]`) to a scalar, the mean over the
 * batch.
 */
export type Loss = (logits: Tensor, labels: Tensor) => Tensor

/** How the target is spread: `smoothing` of it, from 0 to 1, goes to all classes alike; by default 0. */
export type CrossEntropyOptions = { readonly smoothing?: number }

const shapeOf = (tensor: Tensor): string => `[${tensor.shape.join(',')}]`

/**
 * Mean cross-entropy of logits against target probabilities: `mean(log(sum(exp(x))) - sum(target * x))`. The largest
 * logit of each row is subtracted first, so that no exponential overflows. A class with a target of 0 adds nothing,
 * also where its logit is -Infinity (a masked class). For mixed labels (mixup); `crossEntropy` is the form for plain
 * labels.
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
  if (
    logits.rank !== 2 ||
    targets.rank !== 2 ||
    logits.shape[0] !== targets.shape[0] ||
    logits.shape[1] !== targets.shape[1]
  )
    throw new LossError(
      `softCrossEntropy: logits ${shapeOf(logits)} and targets ${shapeOf(targets)} must both be [batch,classes]`,
    )
  const batch = logits.shape[0]!
  const loss = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [x, save] = args as [Tensor, GradSaveFunc]
    const shifted = sub(x, max(x, 1, true))
    const exponentials = exp(shifted)
    const total = sum(exponentials, 1, true)
    // 0 * -Infinity would be NaN.
    const products = where(equal(targets, 0), zerosLike(shifted), mul(targets, shifted))
    const value = mean(sub(log(total), sum(products, 1, true)))
    // The gradient without the factor of the outer gradient is known here already, and nothing else has to be kept.
    save([div(sub(div(exponentials, total), targets), batch)])
    return { value, gradFunc: (dy: Tensor, [slope]: Tensor[]) => mul(slope!, dy) }
  })
  return loss(logits)
}

/**
 * Mean cross-entropy of logits against labels: `mean(log(sum(exp(x))) - x[label])`, stable for logits of any size. With
 * `smoothing` s the target is `1 - s + s / classes` at the label and `s / classes` elsewhere; a masked class (logit
 * -Infinity) then makes the loss infinite.
 *
 * @param options see `CrossEntropyOptions`
 * @returns the loss of logits (float32 `[batch, classes]`) and labels (int32 `[batch]`, from 0 to classes - 1): a
 * scalar. It is NaN if a label is outside that range, because reading labels back would make a GPU wait; `@resfn/step`
 * checks them before they are uploaded.
 * @throws OptionsError if smoothing is not from 0 to 1
 * @throws LossError if logits and labels do not fit
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
  checkOptions('crossEntropy', options, { smoothing: optional(numberFrom(0, 1)) })
  const { smoothing = 0 } = options
  return (logits, labels) => {
    if (logits.rank !== 2 || labels.rank !== 1 || logits.shape[0] !== labels.shape[0])
      throw new LossError(
        `crossEntropy: logits ${shapeOf(logits)} must be [batch,classes] and labels ${shapeOf(labels)} [batch], with the same batch; does the net end in a dense layer?`,
      )
    if (labels.dtype !== 'int32')
      throw new LossError(
        `crossEntropy: labels must be int32 class indices, not ${labels.dtype}; for probabilities use softCrossEntropy`,
      )
    const classes = logits.shape[1]!
    const marks = cast(classMarks(labels, classes), 'float32')
    // A row without a mark has a label outside the classes: 0 / 0 makes its loss NaN.
    const ones = div(marks, sum(marks, 1, true))
    return softCrossEntropy(logits, smoothing === 0 ? ones : add(mul(ones, 1 - smoothing), smoothing / classes))
  }
}

/** `[batch, classes]`, 1 at the label of each row and 0 elsewhere. */
const classMarks = (labels: Tensor, classes: number): Tensor =>
  // oneHot refuses a depth of 1. The WASM backend takes whole numbers only for its values.
  classes === 1 ? reshape(equal(labels, zerosLike(labels)), [-1, 1]) : oneHot(labels, classes)
