import { batchesInOrder, type ImageSet } from '@resfn/batches'
import type { AnyLayer } from '@resfn/layer'
import { type Evaluation, type Prediction, evaluate, predictionsOf } from '@resfn/loop'
import { type Preprocessing, preprocess } from './learning.ts'

/** Parameters and state of any net. */
export type AnyVariables = { readonly params: unknown; readonly state: unknown }

/** Images that are evaluated at once: enough for speed, few enough for the memory of large nets. */
export const evaluationBatch = 100

/** A net with what it learned, as evaluation sees it. */
export type Judge = { readonly net: AnyLayer; readonly variables: AnyVariables; readonly preprocessing: Preprocessing }

const passOver = (set: ImageSet, preprocessing: Preprocessing): ReturnType<typeof batchesInOrder> =>
  batchesInOrder(set, { size: evaluationBatch, transform: preprocess(preprocessing) })

/** Loss, accuracy, classes and confusion of a net on a set. */
export const evaluateOn = (
  { net, variables: { params, state }, preprocessing }: Judge,
  set: ImageSet,
): Promise<Evaluation> => evaluate((x) => net.apply(params, x, state), passOver(set, preprocessing))

/** What a net says of each image of a set. */
export const predictAll = async (
  { net, variables: { params, state }, preprocessing }: Judge,
  set: ImageSet,
): Promise<readonly Prediction[]> => {
  const predictions: Prediction[] = []
  for await (const prediction of predictionsOf((x) => net.apply(params, x, state), passOver(set, preprocessing)))
    predictions.push(prediction)
  return predictions
}
