import { argMax, type Tensor, tensor1d, type Tensor1D } from '@tensorflow/tfjs-core'
import { formatShape, PathError } from '@resfn/layer'
import { show } from '@resfn/options'

/** A class activation map cannot be made of this part, of this net, or for this class. */
export class ActivationError extends PathError {
  override readonly _tag = 'ActivationError'
}

/** Throws unless the output of a part is a batch of maps. */
export const checkMaps = (layer: string, maps: Tensor): void => {
  if (maps.rank !== 4)
    throw new ActivationError(
      layer,
      `it gives ${formatShape(maps.shape.slice(1))}, but a class activation map needs maps [height,width,channels]; name a part before the pooling`,
    )
}

/** The class of each image, `[batch]`: the given one, or the predicted one, which is not read back. */
export const classesOf = (logits: Tensor, given: number | readonly number[] | undefined): Tensor1D => {
  const [batch, count] = logits.shape
  if (logits.rank !== 2 || batch === undefined || count === undefined)
    throw new ActivationError('', `the net gives ${formatShape(logits.shape.slice(1))}, not logits [classes]`)
  if (given === undefined) return argMax(logits, 1)
  const classes = typeof given === 'number' ? Array.from({ length: batch }, () => given) : [...given]
  if (classes.length !== batch)
    throw new ActivationError('', `there are ${classes.length} classes for ${batch} images; give one for each, or one`)
  const wrong = classes.find((index) => !Number.isInteger(index) || index < 0 || index >= count)
  if (wrong !== undefined)
    throw new ActivationError('', `class must be a whole number from 0 to ${count - 1}, not ${show(wrong)}`)
  return tensor1d(classes, 'int32')
}
