import { cast, div, equal, oneHot, reshape, sum, type Tensor, zerosLike } from '@tensorflow/tfjs-core'
import { LossError } from './loss-error.ts'

/**
 * A loss of a classifier: from logits `[batch, classes]` and labels (int32 `[batch]`, or target probabilities, float32
 * `[batch, classes]`) to a scalar, the mean over the batch. `@resfn/step` also gives the `images` of the batch, for a
 * loss that asks another net about them.
 */
export type Loss = (logits: Tensor, labels: Tensor, images?: Tensor) => Tensor

const shapeOf = (tensor: Tensor): string => `[${tensor.shape.join(',')}]`

/** `[batch, classes]`, 1 at the label of each row and 0 elsewhere. */
const classMarks = (labels: Tensor, classes: number): Tensor =>
  // oneHot refuses a depth of 1. The WASM backend takes whole numbers only for its values.
  classes === 1 ? reshape(equal(labels, zerosLike(labels)), [-1, 1]) : oneHot(labels, classes)

/** Throws unless logits and target probabilities are both `[batch, classes]`. */
export const checkTargets = (where: string, logits: Tensor, targets: Tensor): void => {
  if (
    logits.rank !== 2 ||
    targets.rank !== 2 ||
    logits.shape[0] !== targets.shape[0] ||
    logits.shape[1] !== targets.shape[1]
  )
    throw new LossError(
      `${where}: logits ${shapeOf(logits)} and targets ${shapeOf(targets)} must both be [batch,classes]`,
    )
}

/** Target probabilities `[batch, classes]` of labels, or the targets themselves where those are given. */
export const targetsOf = (where: string, logits: Tensor, labels: Tensor): Tensor => {
  if (labels.rank === 2) {
    checkTargets(where, logits, labels)
    return labels
  }
  if (logits.rank !== 2 || labels.rank !== 1 || logits.shape[0] !== labels.shape[0])
    throw new LossError(
      `${where}: logits ${shapeOf(logits)} must be [batch,classes] and labels ${shapeOf(labels)} [batch], with the same batch; does the net end in a dense layer?`,
    )
  if (labels.dtype !== 'int32')
    throw new LossError(
      `${where}: labels must be int32 class indices, not ${labels.dtype}; for probabilities give [batch,classes]`,
    )
  const marks = cast(classMarks(labels, logits.shape[1]!), 'float32')
  // A row without a mark has a label outside the classes: 0 / 0 makes its loss NaN.
  return div(marks, sum(marks, 1, true))
}
