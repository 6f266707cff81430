import {
  type AnyLayer,
  checkSample,
  type Empty,
  type Layer,
  type ParamsOf,
  type Sequential,
  sequential,
  ShapeError,
  shaped,
  type StateOf,
} from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'
import { checkOptions, numberFrom, optional } from '@resfn/options'
import { avgPool } from '@resfn/pool'

type Parts<N extends AnyLayer> = Sequential<{
  readonly norm: N
  readonly act: Layer<Empty>
  readonly conv: Conv2d
  readonly pool: Layer<Empty>
}>

/** What stands between two dense blocks. */
export type Transition<N extends AnyLayer = BatchNorm> = Layer<ParamsOf<Parts<N>>, StateOf<Parts<N>>>

/** The options of a transition. */
export type TransitionOptions = {
  /** the part θ of the channels that stays, from 0 to 1; all of them by default */
  readonly compression?: number
}

/**
 * The transition between two dense blocks: `y = avgPool(conv(act(norm(x))))`, a 1x1 convolution to `floor(θ channels)`
 * and 2x2 average pooling.
 *
 * @param options the compression θ
 * @param makers others than the usual ones
 * @throws OptionsError if the compression is not a number from 0 to 1
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels] or smaller than 2x2, or if no
 * channel is left
 * @see Huang et al., "Densely connected convolutional networks" (2017), "Pooling layers" and "Compression": the C of
 * DenseNet-BC
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { transition } from '@resfn/dense-block'
 *
 * assert.deepEqual(transition().plan([32, 32, 160]).output, [16, 16, 160])
 * assert.deepEqual(transition({ compression: 0.5 }).plan([56, 56, 256]).output, [28, 28, 128])
 * ```
 */
export const transition = <N extends AnyLayer = BatchNorm>(
  options: TransitionOptions = {},
  makers?: Makers<N>,
): Transition<N> => {
  checkOptions('transition', options, { compression: optional(numberFrom(0, 1)) })
  const { compression = 1 } = options
  const { conv, norm, act } = makersOr(makers)
  return shaped((input): Parts<N> => {
    checkSample('transition', input, ['image'])
    const channels = input[2]!
    const out = Math.floor(compression * channels)
    if (out === 0)
      throw new ShapeError(
        '',
        `the compression ${compression} leaves none of the ${channels} channels; use a larger compression`,
      )
    return sequential({ norm: norm(), act, conv: conv({ out, size: 1 }), pool: avgPool({ size: 2 }) })
  })
}
