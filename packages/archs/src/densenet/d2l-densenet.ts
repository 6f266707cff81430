import { dense } from '@resfn/dense'
import { type DenseLayer, denseLayer } from '@resfn/dense-block'
import { sequential, xavierUniform } from '@resfn/layer'
import { textbookMakers } from '../resnet/index.ts'
import { denseStages, type DenseStages } from './densenet.ts'
import { convStem, type ConvStem } from './stems.ts'

/** DenseNet of "Dive into deep learning". */
export type D2lDensenet = DenseStages<ConvStem, DenseLayer>

/**
 * DenseNet as in "Dive into deep learning": a stem of 64 channels, four dense blocks of four layers of growth rate 32
 * without bottlenecks, transitions that halve the channels; every convolution has a bias. 758,226 parameters for one
 * input channel and 10 classes.
 *
 * @param options classes
 * @throws RangeError if classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Zhang et al., "Dive into deep learning", section 8.7
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { d2lDensenet } from '@resfn/archs/densenet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(d2lDensenet({ classes: 10 }), [96, 96, 1]).params, 758226)
 * ```
 */
export const d2lDensenet = ({ classes }: { readonly classes: number }): D2lDensenet => {
  const [stem, layer] = [convStem({ out: 64 }, textbookMakers), denseLayer({ growth: 32 }, textbookMakers)]
  const net = denseStages({ stem, layer, layers: [4, 4, 4, 4], compression: 0.5, classes }, textbookMakers)
  const { fc: _, ...body } = net.layers
  return sequential({ ...body, fc: dense({ out: classes, initial: { weight: xavierUniform } }) }) as D2lDensenet
}
