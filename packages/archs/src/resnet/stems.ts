import { type AnyLayer, type Empty, type FollowedBy, followedBy, type Layer, type Repeat, repeat } from '@resfn/layer'
import { convBn, type ConvBn } from '@resfn/conv-bn'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'
import { maxPool } from '@resfn/pool'

/** The layers before the first stage, by name. */
export type Stem<C extends AnyLayer = Conv2d, N extends AnyLayer = BatchNorm> = {
  readonly conv1: C
  readonly bn1: N
  readonly relu: Layer<Empty>
  readonly maxPool: Layer<Empty>
}

/** A stem with a convolution in the place of the pooling. */
export type StridedStem<C extends AnyLayer, N extends AnyLayer = BatchNorm> = Omit<Stem<C, N>, 'maxPool'> & {
  readonly down: FollowedBy<ConvBn<N>>
}

const halve = maxPool({ size: 3, stride: 2, padding: 1 })

/**
 * The stem of the paper: a 7x7 convolution of stride 2 with 64 channels, and 3x3 max pooling of stride 2.
 *
 * @param makers others than the usual ones
 * @see He et al., "Deep residual learning for image recognition" (2015), table 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { usualStem } from '@resfn/archs/resnet'
 * import { sequential } from '@resfn/layer'
 *
 * assert.deepEqual(sequential(usualStem()).plan([224, 224, 3]).output, [56, 56, 64])
 * ```
 */
export const usualStem = <N extends AnyLayer = BatchNorm>(makers?: Makers<N>): Stem<Conv2d, N> => {
  const { conv, norm, act } = makersOr(makers)
  return { conv1: conv({ out: 64, size: 7, stride: 2 }), bn1: norm(), relu: act, maxPool: halve }
}

/** The layers before the first stage of a net for small images. */
export type SmallStem<N extends AnyLayer = BatchNorm> = Omit<Stem<Conv2d, N>, 'maxPool'>

/**
 * The stem of nets for small images: one 3x3 convolution of stride 1.
 *
 * @param options the channels
 * @param makers others than the usual ones
 * @see He et al., "Deep residual learning for image recognition" (2015), section 4.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { smallStem } from '@resfn/archs/resnet'
 * import { sequential } from '@resfn/layer'
 *
 * assert.deepEqual(sequential(smallStem({ out: 16 })).plan([32, 32, 3]).output, [32, 32, 16])
 * ```
 */
export const smallStem = <N extends AnyLayer = BatchNorm>(
  { out }: { readonly out: number },
  makers?: Makers<N>,
): SmallStem<N> => {
  const { conv, norm, act } = makersOr(makers)
  return { conv1: conv({ out, size: 3 }), bn1: norm(), relu: act }
}

/** Three convolutions in the place of one, with normalisations and activations between them. */
export type ThreeConvs<N extends AnyLayer = BatchNorm> = Repeat<
  readonly [Conv2d, N, Layer<Empty>, Conv2d, N, Layer<Empty>, Conv2d]
>

/**
 * The deep stem: three 3x3 convolutions, the first of stride 2, in the place of the 7x7. With 32, 32, 64 channels it is
 * that of the variants C and D, with 64, 64, 128 of S and E, with 24, 32, 64 of T ("tiered").
 *
 * @param options the channels of the three convolutions
 * @param makers others than the usual ones
 * @see He et al., "Bag of tricks for image classification with convolutional neural networks" (2018), figure 2 b
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { deepStem } from '@resfn/archs/resnet'
 * import { sequential } from '@resfn/layer'
 *
 * const stem = sequential(deepStem({ widths: [32, 32, 64] }))
 * assert.deepEqual(stem.plan([224, 224, 3]).output, [56, 56, 64])
 * ```
 */
export const deepStem = <N extends AnyLayer = BatchNorm>(
  { widths }: { readonly widths: readonly [number, number, number] },
  makers?: Makers<N>,
): Stem<ThreeConvs<N>, N> => {
  const { conv, norm, act } = makersOr(makers)
  const [first, second, third] = widths
  const conv1 = repeat<ThreeConvs<N>['layers']>([
    conv({ out: first, size: 3, stride: 2 }),
    norm(),
    act,
    conv({ out: second, size: 3 }),
    norm(),
    act,
    conv({ out: third, size: 3 }),
  ])
  return { conv1, bn1: norm(), relu: act, maxPool: halve }
}

/**
 * The stem with the pooling of Caffe: without padding and rounded up, so that the windows are those of PyTorch shifted
 * by a pixel.
 *
 * @param stem any stem
 * @see He et al., the prototxt of ResNet-50 (2015); Hu et al., "Squeeze-and-excitation networks" (2018), released nets
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { caffePool, usualStem } from '@resfn/archs/resnet'
 * import { sequential } from '@resfn/layer'
 *
 * assert.deepEqual(sequential(caffePool(usualStem())).plan([224, 224, 3]).output, [56, 56, 64])
 * ```
 */
export const caffePool = <S extends { readonly maxPool: Layer<Empty> }>(stem: S): S => ({
  ...stem,
  maxPool: maxPool({ size: 3, stride: 2, ceilMode: true }),
})

/**
 * The stem with a 3x3 convolution of stride 2, a normalisation and an activation in the place of the pooling.
 *
 * @param stem any stem that ends with a pooling
 * @param makers others than the usual ones
 * @see Bello et al., "Revisiting ResNets: improved training and scaling strategies" (2021), section 6
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { deepStem, stridedStem } from '@resfn/archs/resnet'
 * import { sequential } from '@resfn/layer'
 *
 * const stem = stridedStem(deepStem({ widths: [32, 32, 64] }), { out: 64 })
 * assert.deepEqual(sequential(stem).plan([224, 224, 3]).params.down.conv.weight.shape, [3, 3, 64, 64])
 * ```
 */
export const stridedStem = <C extends AnyLayer, N extends AnyLayer = BatchNorm>(
  stem: Stem<C, N>,
  { out }: { readonly out: number },
  makers?: Makers<N>,
): StridedStem<C, N> => {
  const { maxPool: _, ...body } = stem
  return { ...body, down: followedBy(convBn({ out, size: 3, stride: 2 }, makers), makersOr(makers).act) }
}
