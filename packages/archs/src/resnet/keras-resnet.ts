import { batchNorm } from '@resfn/batch-norm'
import { conv2d } from '@resfn/conv2d'
import { type Makers, makers } from '@resfn/makers'
import { type BottleneckResnet, resnet } from './resnet.ts'

/** Convolutions with biases, and the constant of Keras in normalisations. */
const kerasMakers: Makers = {
  ...makers,
  conv: (options) => conv2d({ ...options, bias: true }),
  norm: () => batchNorm({ epsilon: 1.001e-5 }),
}

/**
 * A ResNet of Keras applications: bottlenecks that stride on the first 1x1 convolution, and biases in all convolutions.
 * 25,583,592 parameters for depth 50 and 1000 classes. Images are BGR with the mean of ImageNet subtracted.
 *
 * @param options depth and classes
 * @throws RangeError if classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Keras, `keras/src/applications/resnet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { kerasResnet } from '@resfn/archs/resnet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(kerasResnet({ depth: 50, classes: 1000 }), [224, 224, 3]).params, 25583592)
 * ```
 */
export const kerasResnet = (options: { readonly depth: 50 | 101 | 152; readonly classes: number }): BottleneckResnet =>
  resnet({ ...options, strideOn: '1x1' }, kerasMakers)
