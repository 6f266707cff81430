import { max, mean, type Tensor } from '@tensorflow/tfjs-core'
import { checkBatch, checkSample, type Empty, type Layer, lift } from '@resfn/layer'

const pool = (kind: string, reduce: (x: Tensor) => Tensor): Layer<Empty> =>
  lift(
    (x) => {
      checkBatch(kind, x, ['image'])
      return reduce(x)
    },
    {
      kind,
      output: (input) => {
        checkSample(kind, input, ['image'])
        return [input[0]!, input[1]!, 1]
      },
    },
  )

/**
 * The mean over the channels of each pixel: [height, width, channels] becomes [height, width, 1].
 *
 * @see Woo et al., "CBAM: convolutional block attention module" (2018), section 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { channelMean } from '@resfn/cbam'
 *
 * assert.deepEqual(channelMean.plan([7, 7, 512]).output, [7, 7, 1])
 * ```
 */
export const channelMean: Layer<Empty> = pool('channelMean', (x) => mean(x, -1, true))

/**
 * The maximum over the channels of each pixel: [height, width, channels] becomes [height, width, 1].
 *
 * @see Woo et al., "CBAM: convolutional block attention module" (2018), section 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { channelMax } from '@resfn/cbam'
 *
 * assert.deepEqual(channelMax.plan([7, 7, 512]).output, [7, 7, 1])
 * ```
 */
export const channelMax: Layer<Empty> = pool('channelMax', (x) => max(x, -1, true))
