import {
  add,
  clone,
  customGrad,
  div,
  logSoftmax,
  mean,
  mul,
  softmax,
  sum,
  type Tensor,
  zerosLike,
} from '@tensorflow/tfjs-core'
import { checkOptions, func, numberFrom, optional, type Rule } from '@resfn/options'
import { crossEntropy, softCrossEntropy } from './cross-entropy.ts'
import type { Loss } from './loss.ts'
import { LossError } from './loss-error.ts'

/** Options of `distillation`. */
export type DistillationOptions = {
  /** The logits of the teacher for images, such as `(x) => net.apply(params, x, state)`. */
  readonly teacher: (images: Tensor) => Tensor
  /** The loss against the labels; by default `crossEntropy()`. */
  readonly loss?: Loss
  /** How much softer both distributions are made, above 0; by default 4. */
  readonly temperature?: number
  /** The share of the teacher, from 0 to 1; by default 0.5. */
  readonly share?: number
}

const above0: Rule = { must: 'a number above 0', holds: (value) => Number.isFinite(value) && (value as number) > 0 }

/**
 * A function of a tensor without a gradient, so that nothing of its work is kept. The copy is for a function that
 * returns what it gets.
 */
const constant = (f: (x: Tensor) => Tensor, x: Tensor): Tensor =>
  customGrad((input) => ({
    value: clone(f(input as Tensor)),
    gradFunc: () => zerosLike(x),
  }))(x)

/**
 * Learns from labels and from a teacher: `(1 - share) * loss + share * T^2 * KL(softmax(teacher / T) || softmax(x /
 * T))`. The factor T^2 keeps the gradients of the second term the size of the first one's, whatever T is.
 *
 * @param options see `DistillationOptions`
 * @returns a loss that needs the images too, as `@resfn/step` gives them. The teacher gets no gradient.
 * @throws OptionsError if an option is unknown or outside its range
 * @throws LossError if there are no images, or the teacher gives other logits than `[batch, classes]` of the student
 * @see Hinton et al., "Distilling the knowledge in a neural network" (2015), section 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { distillation } from '@resfn/losses'
 *
 * const loss = distillation({ teacher: (images) => images, share: 1 })
 * const logits = tf.tensor2d([[1, 2]])
 * assert.ok(Math.abs(loss(logits, tf.tensor1d([0], 'int32'), logits).dataSync()[0]!) < 1e-6) // it says what the teacher says
 * ```
 */
export const distillation = (options: DistillationOptions): Loss => {
  checkOptions('distillation', options, {
    teacher: func,
    loss: optional(func),
    temperature: optional(above0),
    share: optional(numberFrom(0, 1)),
  })
  const { teacher, loss = crossEntropy(), temperature = 4, share = 0.5 } = options
  return (logits, labels, images) => {
    if (images === undefined)
      throw new LossError('distillation: it needs the images of the batch, as its third argument')
    const said = div(constant(teacher, images), temperature)
    if (said.rank !== 2 || said.shape[0] !== logits.shape[0] || said.shape[1] !== logits.shape[1])
      throw new LossError(
        `distillation: the teacher gives [${said.shape.join(',')}] and the net [${logits.shape.join(',')}]; they must tell the same classes apart`,
      )
    const targets = softmax(said)
    const entropy = mean(sum(mul(targets, logSoftmax(said)), 1))
    const divergence = add(softCrossEntropy(div(logits, temperature), targets), entropy)
    return add(mul(loss(logits, labels, images), 1 - share), mul(divergence, share * temperature ** 2))
  }
}
