import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import { type Layer, sequential, shaped, uniform, xavierUniform } from '@resfn/layer'
import { type Conv2d, type Makers, makers } from '@resfn/makers'
import { type ResidualBranch, residualBranch } from '@resfn/residual-block'
import type { Conv2dParams } from '@resfn/conv2d'
import { blockKind, type Changed, type Kept } from './block-kind.ts'
import { type FourStages, fourStages } from './stages.ts'

/**
 * Convolutions with biases and the first values of the book: weights by Xavier, biases within one over the root of the
 * fan in.
 */
export const textbookMakers: Makers = {
  ...makers,
  conv: (options): Layer<Conv2dParams> =>
    shaped(([, , channels = 1]) => {
      const bias = uniform(1 / Math.sqrt(options.size * options.size * channels))
      return conv2d({ ...options, bias: true, initial: { weight: xavierUniform, bias } })
    }),
}

/** ResNet-18 of "Dive into deep learning". */
export type D2lResnet18 = FourStages<Kept<ResidualBranch>, Changed<ResidualBranch, Conv2d>, Kept<ResidualBranch>>

/**
 * ResNet-18 as in "Dive into deep learning": every convolution has a bias, and the 1x1 shortcut has no batch
 * normalisation. 11,178,378 parameters for one input channel and 10 classes.
 *
 * @param options classes
 * @throws RangeError if classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Zhang et al., "Dive into deep learning", section 8.6
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { d2lResnet18 } from '@resfn/archs/resnet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(d2lResnet18({ classes: 10 }), [96, 96, 1]).params, 11178378)
 * ```
 */
export const d2lResnet18 = ({ classes }: { readonly classes: number }): D2lResnet18 => {
  const kind = blockKind(
    {
      expansion: 1,
      branch: ({ out, stride }) => residualBranch({ out, stride }, textbookMakers),
      shortcut: ({ out, stride }) => textbookMakers.conv({ out, size: 1, stride }),
    },
    textbookMakers,
  )
  const { fc: _, ...body } = fourStages({ kind, blocks: [2, 2, 2, 2], classes }, textbookMakers).layers
  return sequential({ ...body, fc: dense({ out: classes, initial: { weight: xavierUniform } }) })
}
