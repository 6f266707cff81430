import { batchesInOrder, type ImageSet } from '@resfn/batches'
import type { AnyLayer } from '@resfn/layer'
import { type Evaluation, type Prediction, evaluate, predictionsOf } from '@resfn/loop'
import type { Images } from '@resfn/transforms'

/** Parameters and state of any net. */
export type AnyVariables = { readonly params: unknown; readonly state: unknown }

/** Images that are evaluated at once: enough for speed, few enough for the memory of large nets. */
export const evaluationBatch = 100

/** A net with what it learned, and what is done to images before it sees them. */
export type TrainedNet = {
  readonly net: AnyLayer
  readonly variables: AnyVariables
  readonly preprocess: (images: Images) => Images
}

const passOver = (set: ImageSet, { preprocess }: TrainedNet): ReturnType<typeof batchesInOrder> =>
  batchesInOrder(set, { size: evaluationBatch, transform: preprocess })

const predictor =
  ({ net, variables: { params, state } }: TrainedNet): Parameters<typeof evaluate>[0] =>
  (x) =>
    net.apply(params, x, state)

/** Loss, accuracy, classes and confusion of a net on a set. */
export const evaluateOn = (trained: TrainedNet, set: ImageSet): Promise<Evaluation> =>
  evaluate(predictor(trained), passOver(set, trained))

/** What a net says of each image of a set. */
export const predictAll = async (trained: TrainedNet, set: ImageSet): Promise<readonly Prediction[]> => {
  const predictions: Prediction[] = []
  for await (const prediction of predictionsOf(predictor(trained), passOver(set, trained))) predictions.push(prediction)
  return predictions
}
