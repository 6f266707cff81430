import type { Preprocessing } from '@resfn/preprocessing'
import { longestSide, wholeNumber } from '@resfn/recipe'
import * as v from 'valibot'

const side = wholeNumber({ from: 1, to: longestSide })
const moments = v.array(v.pipe(v.number(), v.finite()))

/** The schema of a preprocessing in a file. */
export const preprocessingSchema: v.GenericSchema<unknown, Preprocessing> = v.pipe(
  v.object({
    size: v.tuple([side, side]),
    channels: v.picklist([1, 3]),
    mean: moments,
    std: moments,
    interpolation: v.picklist(['bilinear', 'bicubic']),
    cropFraction: v.pipe(v.number(), v.gtValue(0), v.maxValue(2)),
    cropMode: v.picklist(['center', 'squash', 'border']),
  }),
  v.check(
    ({ channels, mean, std }) => mean.length === channels && std.length === channels && std.every((value) => value > 0),
    'give one mean and one std above 0 a channel',
  ),
)

/** The preprocessing in what a checkpoint says of its training; nothing where there is none. */
export const storedPreprocessing = (training: unknown): Preprocessing | undefined => {
  const found = v.safeParse(v.object({ preprocessing: preprocessingSchema }), training)
  return found.success ? found.output.preprocessing : undefined
}
