import { add, type Tensor } from '@tensorflow/tfjs-core'
import {
  checkChannels,
  checkTensor,
  checkVariables,
  type Initialiser,
  type Layer,
  op,
  ShapeError,
  Spec,
  zeros,
} from '@resfn/layer'
import { checkOptions, func, oneOf, optional, recordOf } from '@resfn/options'

/** `bias`: a scalar, or [channels]. */
export type ShiftParams = { readonly bias: Tensor }

/** What a learned shift is. */
export type ShiftOptions = {
  /** one number for all, or one for each channel (the last axis) */
  readonly per: 'layer' | 'channel'
  /** first values; zeros by default */
  readonly initial?: { readonly bias?: Initialiser }
}

const rules = { per: oneOf('layer', 'channel'), initial: optional(recordOf(func, 'bias')) }
const perLayer = { bias: [] }
const perChannel = { bias: ['channels'] }

/**
 * Shifting as a bare function: `y = x + bias`, of the same shape. d loss / d bias is the sum of dy (over all but the
 * channels).
 *
 * @param params bias, a scalar or [channels]
 * @param x [batch, ..., channels]
 * @throws ShapeError, InputError if x is not a live tensor with as many channels as the bias
 * @throws VariablesError if the bias is missing, disposed or of another shape
 * @see Zhang et al., "Fixup initialization: residual learning without normalization" (2019), section 3.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyShift } from '@resfn/shift'
 *
 * assert.deepEqual([...applyShift({ bias: tf.scalar(0.5) }, tf.tensor1d([1, 2])).dataSync()], [1.5, 2.5])
 * ```
 */
export const applyShift = (params: ShiftParams, x: Tensor): Tensor => {
  checkVariables('shift', params, params?.bias?.rank === 0 ? perLayer : perChannel)
  checkTensor('shift', x)
  if (params.bias.rank > 0) checkChannels('shift', x, params.bias)
  return add(x, params.bias)
}

/**
 * Learned shifting: `y = x + bias`, one bias for the layer or one for each channel; the shape stays.
 *
 * @param options per layer or channel, and the first values
 * @throws OptionsError if an option is unknown, missing or not one of its values
 * @throws ShapeError, from `plan`, if a shift per channel has no channel axis
 * @see Zhang et al., "Fixup initialization: residual learning without normalization" (2019), section 3.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { shift } from '@resfn/shift'
 *
 * assert.deepEqual(shift({ per: 'layer' }).plan([28, 28, 16]).params.bias.shape, [])
 * ```
 */
export const shift = (options: ShiftOptions): Layer<ShiftParams> => {
  checkOptions('shift', options, rules)
  const { per, initial = {} } = options
  const shapes = per === 'channel' ? perChannel : perLayer
  return op<ShiftParams>(
    (input) => {
      const channels = input.at(-1)
      if (per === 'channel' && channels === undefined)
        throw new ShapeError('', 'a shift per channel needs an input with a channel axis, but the input is []')
      return {
        kind: per === 'channel' ? 'shift per channel' : 'shift',
        params: { bias: new Spec(per === 'channel' ? [channels!] : [], initial.bias ?? zeros) },
      }
    },
    (params, x) => {
      checkVariables('shift', params, shapes)
      return applyShift(params, x)
    },
  )
}
