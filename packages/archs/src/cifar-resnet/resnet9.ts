import { convBn, type ConvBn } from '@resfn/conv-bn'
import { dense, type DenseParams } from '@resfn/dense'
import { identityAdd } from '@resfn/identity-add'
import {
  type AnyLayer,
  type Empty,
  type FollowedBy,
  followedBy,
  type Layer,
  type Sequential,
  sequential,
  type Skip,
} from '@resfn/layer'
import { type BatchNorm, type Makers, makersOr } from '@resfn/makers'
import { globalMaxPool, maxPool } from '@resfn/pool'
import { scaleBy } from '@resfn/scale'

/** A convolution, a normalisation and the activation. */
type Unit<N extends AnyLayer> = FollowedBy<ConvBn<N>>

/** A unit that doubles the channels, and max pooling that halves the image. */
type Halving<N extends AnyLayer> = Sequential<{ readonly unit: Unit<N>; readonly pool: Layer<Empty> }>

/** The same, and a residual block after it. */
type Residual<N extends AnyLayer> = Sequential<{
  readonly unit: Unit<N>
  readonly pool: Layer<Empty>
  readonly residual: Skip<Sequential<{ readonly res1: Unit<N>; readonly res2: Unit<N> }>>
}>

/** ResNet-9 of cifar10-fast. */
export type Resnet9<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly prep: Unit<N>
  readonly layer1: Residual<N>
  readonly layer2: Halving<N>
  readonly layer3: Residual<N>
  readonly pool: Layer<Empty>
  readonly linear: Layer<DenseParams>
  readonly classifier: Layer<Empty>
}>

/**
 * ResNet-9, drawn to train on CIFAR in a minute: 3x3 convolutions with max pooling, two residual blocks with an
 * activation at the end of the branch and none after the sum, and logits times 0.125. 6,573,120 parameters with 32x32x3
 * and 10 classes.
 *
 * @param options classes
 * @param makers others than the usual ones
 * @throws OptionsError if classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Page, "How to train your ResNet" (2018), and `cifar10-fast/dawn.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resnet9 } from '@resfn/archs/cifar-resnet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(resnet9({ classes: 10 }), [32, 32, 3]).params, 6573120)
 * ```
 */
export const resnet9 = <N extends AnyLayer = BatchNorm>(
  { classes }: { readonly classes: number },
  makers?: Makers<N>,
): Resnet9<N> => {
  const unit = (out: number): Unit<N> => followedBy(convBn({ out, size: 3 }, makers), makersOr(makers).act)
  const halving = (out: number): Halving<N> => sequential({ unit: unit(out), pool: maxPool({ size: 2 }) })
  const residual = (out: number): Residual<N> =>
    sequential({
      ...halving(out).layers,
      residual: identityAdd(sequential({ res1: unit(out), res2: unit(out) })),
    })
  return sequential({
    prep: unit(64),
    layer1: residual(128),
    layer2: halving(256),
    layer3: residual(512),
    pool: globalMaxPool,
    linear: dense({ out: classes, bias: false }),
    classifier: scaleBy(0.125),
  })
}
