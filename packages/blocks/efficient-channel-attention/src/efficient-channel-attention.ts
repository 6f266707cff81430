import { sigmoid } from '@resfn/activation'
import { channelConv1d, type ChannelConv1dParams } from '@resfn/channel-conv1d'
import { type Layer, product, sequential, shaped, type Skip, skip } from '@resfn/layer'
import { checkOptions, func, optional } from '@resfn/options'
import { globalAvgPool } from '@resfn/pool'

/** Channels weighted by a gate of the means of their neighbours. */
export type EfficientChannelAttention = Skip<Layer<{ readonly conv: ChannelConv1dParams }>>

/** The options of efficient channel attention. */
export type EfficientChannelAttentionOptions = {
  /** from the channels to how many neighbours a channel sees, an odd number; `neighbours` by default */
  readonly size?: (channels: number) => number
}

/**
 * How many neighbours a channel sees: `t = floor((log2(channels) + 1) / 2)`, one more where that is even, and at least
 * 3. 64 channels give 3, 128 to 1024 give 5, 2048 give 7.
 *
 * @param channels a whole number of at least 1
 * @see Wang et al., "ECA-Net: efficient channel attention for deep convolutional neural networks" (2020), equation 12;
 * the rounding is timm's
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { neighbours } from '@resfn/efficient-channel-attention'
 *
 * assert.deepEqual([64, 128, 1024, 2048].map(neighbours), [3, 5, 5, 7])
 * ```
 */
export const neighbours = (channels: number): number => {
  const size = Math.floor((Math.log2(channels) + 1) / 2)
  return Math.max(3, size % 2 === 0 ? size + 1 : size)
}

/**
 * Efficient channel attention: `y = x sigmoid(conv(z))` with `z` the mean of each channel and `conv` along the
 * channels. A handful of parameters; the shape stays.
 *
 * @param options how many neighbours a channel sees
 * @throws OptionsError if an option is unknown or not a function
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels]
 * @see Wang et al., "ECA-Net: efficient channel attention for deep convolutional neural networks" (2020), section 3.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { efficientChannelAttention } from '@resfn/efficient-channel-attention'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(efficientChannelAttention(), [56, 56, 256]).params, 5)
 * ```
 */
export const efficientChannelAttention = (
  options: EfficientChannelAttentionOptions = {},
): EfficientChannelAttention => {
  checkOptions('efficientChannelAttention', options, { size: optional(func) })
  const { size = neighbours } = options
  return skip(product)(
    shaped((input) =>
      sequential({ squeeze: globalAvgPool, conv: channelConv1d({ size: size(input.at(-1)!) }), gate: sigmoid }),
    ),
  )
}
