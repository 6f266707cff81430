import {
  add,
  cast,
  customGrad,
  div,
  exp,
  type GradSaveFunc,
  log,
  max,
  mean,
  mul,
  oneHot,
  sub,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core'
import { LossError } from './loss-error.ts'

/** A loss of a classifier: from logits `[batch, classes]` and labels (int32 `[batch]`) to a scalar, the mean over the batch. */
export type Loss = (logits: Tensor, labels: Tensor) => Tensor

/** How the target is spread: `smoothing` of it, from 0 to 1, goes to all classes alike. 0 unless given. */
export type CrossEntropyOptions = { readonly smoothing?: number }

const shapeOf = (tensor: Tensor): string => `[${tensor.shape.join(',')}]`

/**
 * Mean cross-entropy of logits against target probabilities: `mean(log(sum(exp(x))) - sum(target * x))`, with the largest logit of each row
 * taken off first, so that no exponential overflows. For mixed labels (mixup); `crossEntropy` is the form for plain labels.
 *
 * @param logits float32 `[batch, classes]`
 * @param targets float32 `[batch, classes]`, rows that sum to 1; they get no gradient
 * @returns a scalar whose gradient is `(softmax(logits) - targets) / batch`
 * @throws LossError if the shapes do not fit
 * Source: PyTorch, `torch.nn.functional.cross_entropy` with class probabilities.
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
    const value = mean(sub(log(total), sum(mul(targets, shifted), 1, true)))
    // The gradient, but for the factor that comes from above, is known here already: it is all that has to be kept.
    save([div(sub(div(exponentials, total), targets), batch)])
    return { value, gradFunc: (dy: Tensor, [slope]: Tensor[]) => mul(slope!, dy) }
  })
  return loss(logits)
}

/**
 * Mean cross-entropy of logits against labels: `mean(log(sum(exp(x))) - x[label])`, stable for logits of any size. With `smoothing` s the
 * target is `1 - s + s / classes` at the label and `s / classes` elsewhere.
 *
 * @param options see `CrossEntropyOptions`
 * @returns the loss of logits (float32 `[batch, classes]`) and labels (int32 `[batch]`, from 0 to classes - 1): a scalar. A label outside
 * that range has an empty target; the training loop refuses it before it gets here.
 * @throws RangeError if smoothing is not from 0 to 1
 * @throws LossError if logits and labels do not fit
 * Source: PyTorch, `torch.nn.CrossEntropyLoss`; Szegedy et al., "Rethinking the Inception architecture" (2016), section 7.
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
export const crossEntropy = ({ smoothing = 0 }: CrossEntropyOptions = {}): Loss => {
  if (!(smoothing >= 0 && smoothing <= 1))
    throw new RangeError(`crossEntropy: smoothing must be from 0 to 1, not ${smoothing}`)
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
    const elsewhere = smoothing / classes
    // The WASM backend takes whole numbers only for the values of oneHot.
    return softCrossEntropy(logits, add(mul(cast(oneHot(labels, classes), 'float32'), 1 - smoothing), elsewhere))
  }
}
