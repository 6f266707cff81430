import { type AnyLayer, type Layers, lift, sequential } from '@resfn/layer'
import { type Makers, makersOr } from '@resfn/makers'
import { maxPool } from '@resfn/pool'
import { pad } from '@tensorflow/tfjs-core'

const halve = maxPool({ size: 3, stride: 2, padding: 1 })

/** A frame of zeros, which max pooling without padding of its own sees: those of TensorFlow's nets. */
const frame = lift(
  (x) =>
    pad(x, [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]),
  {
    kind: 'pad with zeros',
    output: ([height, width, channels]) => [height! + 2, width! + 2, channels!],
  },
)

/** The layers before the first stage of a pre-activation net, under one name. */
export type BareStem = { readonly stem: AnyLayer }

/**
 * The stem of a net whose first unit normalises: a 7x7 convolution of stride 2 and 3x3 max pooling, with neither
 * normalisation nor activation.
 *
 * @param options channels; 64 by default
 * @param makers others than the usual ones
 * @see timm, `timm/models/resnetv2.py`, `create_resnetv2_stem`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bareStem } from '@resfn/archs/pre-activation'
 *
 * assert.deepEqual(bareStem().stem.plan([224, 224, 3]).output, [56, 56, 64])
 * ```
 */
export const bareStem = ({ out = 64 }: { readonly out?: number } = {}, makers?: Makers<AnyLayer>): BareStem => {
  const { conv } = makersOr(makers)
  return { stem: sequential({ conv: conv({ out, size: 7, stride: 2 }), pool: halve }) }
}

/**
 * The stem of BiT: that of `bareStem` with a frame of zeros before the pooling. What comes from the convolution has
 * either sign, so at the edge 0 may win, where padding never wins.
 *
 * @param options channels; 64 by default
 * @param makers others than the usual ones
 * @see Kolesnikov et al., "Big transfer" (2019), the authors' code; timm's stem `fixed`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { framedStem } from '@resfn/archs/pre-activation'
 *
 * assert.deepEqual(framedStem({ out: 192 }).stem.plan([224, 224, 3]).output, [56, 56, 192])
 * ```
 */
export const framedStem = ({ out = 64 }: { readonly out?: number } = {}, makers?: Makers<AnyLayer>): BareStem => {
  const { conv } = makersOr(makers)
  return {
    stem: sequential({ conv: conv({ out, size: 7, stride: 2 }), frame, pool: maxPool({ size: 3, stride: 2 }) }),
  }
}

/**
 * The deep stem of a pre-activation net: three 3x3 convolutions, the first of stride 2, with a normalisation and an
 * activation between them but not after the last. Widths 32, 32, 64 make variant D, 24, 32, 64 variant T.
 *
 * @param options the channels of the three convolutions
 * @param makers others than the usual ones
 * @see timm, `timm/models/resnetv2.py`, stems `deep` and `tiered`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bareDeepStem } from '@resfn/archs/pre-activation'
 *
 * assert.deepEqual(bareDeepStem({ widths: [32, 32, 64] }).stem.plan([224, 224, 3]).output, [56, 56, 64])
 * ```
 */
export const bareDeepStem = (
  { widths: [first, second, third] }: { readonly widths: readonly [number, number, number] },
  makers?: Makers<AnyLayer>,
): BareStem => {
  const { conv, norm, act } = makersOr(makers)
  const layers: Layers = {
    conv1: conv({ out: first, size: 3, stride: 2 }),
    norm1: norm(),
    act1: act,
    conv2: conv({ out: second, size: 3 }),
    norm2: norm(),
    act2: act,
    conv3: conv({ out: third, size: 3 }),
    pool: halve,
  }
  return { stem: sequential(layers) }
}
