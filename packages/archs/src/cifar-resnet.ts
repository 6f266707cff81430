import { relu } from '@resfn/activation'
import { conv2d, type Conv2dOptions, type Conv2dParams } from '@resfn/conv2d'
import { convBn, type ConvBnParams, type ConvBnState, type Parts } from '@resfn/conv-bn'
import { dense, type DenseParams } from '@resfn/dense'
import { type AnyLayer, kaimingNormal, type Layer, repeat, sequential, zeros } from '@resfn/layer'
import { globalAvgPool } from '@resfn/pool'
import { subsampleAndPad } from '@resfn/projected-add'
import { projectedResidualBlock, residualBlock, residualBranch } from '@resfn/residual-block'
import type { Stage } from './resnet.ts'

/** The parameters of a ResNet of three stages. */
export type CifarResnetParams = {
  readonly stem: ConvBnParams
  readonly layer1: Stage
  readonly layer2: Stage
  readonly layer3: Stage
  readonly fc: DenseParams
}

/** The running statistics of a ResNet of three stages. */
export type CifarResnetState = Omit<CifarResnetParams, 'stem' | 'fc'> & { readonly stem: ConvBnState }

/** The options of a ResNet for small images. */
export type CifarResnetOptions = {
  /** 6n + 2: 8, 14, 20, 32, 44, 56, 110, 1202 */
  readonly depth: number
  readonly classes: number
  /**
   * the shortcuts: `A` zero-padded identity (no parameters; if not given), `B` 1x1 convolution where the shape changes, `C` 1x1 convolution
   * everywhere, `none` a plain net of the same depth
   */
  readonly shortcut?: 'A' | 'B' | 'C' | 'none'
}

const fanIn: Parts = {
  conv: (options: Conv2dOptions): Layer<Conv2dParams> =>
    conv2d({ ...options, initial: { weight: kaimingNormal('in') } }),
}

/** How each option makes a unit that changes the shape, or keeps it. */
const unit = (shortcut: NonNullable<CifarResnetOptions['shortcut']>, out: number, stride: 1 | 2): AnyLayer => {
  const projected = (join: AnyLayer): AnyLayer => projectedResidualBlock({ out, stride, shortcut: join, ...fanIn })
  const convolved = (): AnyLayer => projected(convBn({ out, size: 1, stride }, fanIn))
  const changes = stride !== 1
  switch (shortcut) {
    case 'A':
      return changes ? projected(subsampleAndPad({ out, stride })) : residualBlock({ out, ...fanIn })
    case 'B':
      return changes ? convolved() : residualBlock({ out, ...fanIn })
    case 'C':
      return convolved()
    case 'none':
      return sequential({ branch: residualBranch({ out, stride, ...fanIn }), relu })
  }
}

/**
 * A ResNet for 32x32 or 28x28 images: a 3x3 stem, three stages of n basic blocks with 16, 32 and 64 channels, global average pooling and a
 * fully connected layer; depth 6n + 2. 269,722 parameters at depth 20 with 32x32x3, 10 classes and option A.
 *
 * @param options depth, classes and the shortcuts
 * @throws RangeError if depth is not 6n + 2, or classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * Source: He et al., "Deep residual learning for image recognition" (2015), section 4.2; first values as in section 4.2 (He 2015, fan in).
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cifarResnet } from '@resfn/archs/cifar-resnet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(cifarResnet({ depth: 20, classes: 10 }), [32, 32, 3]).params, 269722)
 * ```
 */
export const cifarResnet = ({
  depth,
  classes,
  shortcut = 'A',
}: CifarResnetOptions): Layer<CifarResnetParams, CifarResnetState> => {
  const blocks = (depth - 2) / 6
  if (!Number.isInteger(blocks) || blocks < 1)
    throw new RangeError(`cifarResnet: depth must be 6n + 2 (8, 14, 20, 26, 32, ...), not ${depth}`)
  const stage = (out: number, stride: 1 | 2): AnyLayer =>
    sequential({
      first: unit(shortcut, out, stride),
      rest: repeat(Array.from({ length: blocks - 1 }, () => unit(shortcut, out, 1))),
    })
  return sequential({
    stem: convBn({ out: 16, size: 3 }, fanIn),
    relu,
    layer1: stage(16, 1),
    layer2: stage(32, 2),
    layer3: stage(64, 2),
    globalAvgPool,
    fc: dense({ out: classes, initial: { weight: kaimingNormal('in'), bias: zeros } }),
  })
}
