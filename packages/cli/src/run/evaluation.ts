import { batchesInOrder, type Examples, type ImageSet, type Shard } from '@resfn/batches'
import type { Layer, Shape } from '@resfn/layer'
import { evaluate } from '@resfn/loop'
import { type Images, outputShape } from '@resfn/transforms'

/** Parameters and state of any net. */
export type AnyVariables = { readonly params: unknown; readonly state: unknown }

/**
 * Images of a size that are evaluated at once: 100 of up to 96x96 pixels, fewer of larger ones. A batch is one call
 * that nothing interrupts, so it has to be short enough for Ctrl-C and small enough for the memory of large nets.
 */
export const evaluationBatch = ([height = 1, width = 1]: Shape): number =>
  Math.max(1, Math.min(100, Math.floor((100 * 96 * 96) / (height * width))))

/** All images of a set in their order, or the part of a rank, prepared for the net. */
export const passOver = (
  set: ImageSet,
  preprocess: (images: Images) => Images,
  shard?: Shard,
): ReturnType<typeof batchesInOrder> =>
  batchesInOrder(set, {
    size: evaluationBatch(outputShape(preprocess, set.shape)),
    transform: preprocess,
    ...(shard && { shard }),
  })

/** Loss, accuracy, classes, confusion and predictions of a net on examples. */
export const evaluateOn = (
  net: Layer<unknown, unknown>,
  { params, state }: AnyVariables,
  examples: AsyncIterable<Examples>,
): ReturnType<typeof evaluate> => evaluate((x) => net.apply(params, x, state), examples)
