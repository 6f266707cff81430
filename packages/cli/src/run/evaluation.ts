import { batchesInOrder, type ImageSet } from '@resfn/batches'
import type { Layer } from '@resfn/layer'
import { evaluate } from '@resfn/loop'
import type { Images } from '@resfn/transforms'

/** Parameters and state of any net. */
export type AnyVariables = { readonly params: unknown; readonly state: unknown }

/** Images that are evaluated at once: enough for speed, few enough for the memory of large nets. */
export const evaluationBatch = 100

/** A net with what it learned, and what is done to images before it sees them. */
export type TrainedNet = {
  readonly net: Layer<unknown, unknown>
  readonly variables: AnyVariables
  readonly preprocess: (images: Images) => Images
}

const passOver = (set: ImageSet, { preprocess }: TrainedNet): ReturnType<typeof batchesInOrder> =>
  batchesInOrder(set, { size: evaluationBatch, transform: preprocess })

/** Loss, accuracy, classes, confusion and predictions of a net on a set. */
export const evaluateOn = (trained: TrainedNet, set: ImageSet): ReturnType<typeof evaluate> => {
  const { net, variables } = trained
  return evaluate((x) => net.apply(variables.params, x, variables.state), passOver(set, trained))
}
