import type { Tensor } from '@tensorflow/tfjs-core'
import type { Examples } from '@resfn/batches'
import { formatShape, type Layer, sameShape, type Shape, type Spec } from '@resfn/layer'
import { flatten } from '@resfn/tree'
import { BatchError } from './error.ts'

/** Throws unless images, shape and labels of a batch fit each other. */
export const checkExamples = ({ images, shape, labels }: Examples): void => {
  const values = shape.reduce((product, size) => product * size, 1)
  if (values !== images.length)
    throw new BatchError(`the batch has ${images.length} values, but its shape ${formatShape(shape)} needs ${values}`)
  if (labels.length !== shape[0])
    throw new BatchError(
      `the batch of shape ${formatShape(shape)} has ${labels.length} labels; it needs one an example: ${shape[0]}`,
    )
  if (labels.length === 0) throw new BatchError('the batch has no example; leave empty batches out')
}

/** Throws unless the labels are classes from 0 to classes - 1. */
export const checkClasses = (labels: Int32Array, classes: number): void => {
  const at = labels.findIndex((label) => label < 0 || label >= classes)
  if (at >= 0)
    throw new BatchError(
      `label ${at} of the batch is ${labels[at]}, but the net has ${classes} classes: 0 to ${classes - 1}; give the net as many classes as the data has`,
    )
}

/**
 * The number of classes of a net on samples of a shape, after checking that its parameters are those that it has on such samples.
 *
 * @throws ShapeError with the path of the layer that cannot take its input
 * @throws BatchError if the parameters were made for another shape, or the net does not end in logits
 */
export const checkNet = <P, S>(net: Layer<P, S>, params: P, sample: Shape): number => {
  const plan = net.plan(sample)
  const given = new Map(flatten<Tensor>(params).map(({ path, leaf }) => [path, leaf.shape]))
  for (const { path, leaf } of flatten<Spec>(plan.params)) {
    const shape = given.get(path)
    if (shape === undefined || !sameShape(shape, leaf.shape))
      throw new BatchError(
        `params.${path} is ${shape === undefined ? 'missing' : formatShape(shape)}, but on samples of shape ${formatShape(sample)} the net needs ${formatShape(leaf.shape)}; was it initialised for another input shape?`,
      )
  }
  const [classes] = plan.output
  if (plan.output.length !== 1 || classes === undefined)
    throw new BatchError(
      `the net gives ${formatShape(plan.output)} for a sample, but a classifier must give [classes]; end it in a pool and a dense layer`,
    )
  return classes
}
