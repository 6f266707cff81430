import { batchesInOrder, type ImageSet } from '@resfn/batches'
import type { AnyLayer } from '@resfn/layer'
import { type Evaluation, type Prediction, evaluate, predictionsOf } from '@resfn/loop'
import type { Images } from '@resfn/transforms'
import { concat, slice, type Tensor, tidy } from '@tensorflow/tfjs-core'

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

const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && '_tag' in error && error._tag === 'OutOfMemoryError'

/** A net that evaluates a batch in parts where the whole does not fit the memory: halves, quarters, down to single images. */
export const inPartsThatFit = (net: AnyLayer): AnyLayer => {
  let most = Infinity
  const inParts = (params: unknown, x: Tensor, state: unknown): Tensor => {
    const [count = 0, ...rest] = x.shape
    const size = Math.min(most, count)
    if (size === count) return net.apply(params, x, state)
    const starts = Array.from({ length: Math.ceil(count / size) }, (_, index) => index * size)
    return tidy(() =>
      concat(
        starts.map((start) => {
          const part = slice(x, [start, ...rest.map(() => 0)], [Math.min(size, count - start), ...rest])
          return tidy(() => net.apply(params, part, state))
        }),
      ),
    )
  }
  return {
    ...net,
    apply: (params: unknown, x: Tensor, state: unknown): Tensor => {
      for (;;) {
        try {
          return inParts(params, x, state)
        } catch (error) {
          const size = Math.min(most, x.shape[0] ?? 0)
          if (!isOutOfMemory(error) || size < 2) throw error
          most = Math.ceil(size / 2)
        }
      }
    },
  }
}

const passOver = (set: ImageSet, { preprocess }: TrainedNet): ReturnType<typeof batchesInOrder> =>
  batchesInOrder(set, { size: evaluationBatch, transform: preprocess })

const predictor = ({ net, variables: { params, state } }: TrainedNet): Parameters<typeof evaluate>[0] => {
  const fitting = inPartsThatFit(net)
  return (x) => fitting.apply(params, x, state)
}

/** Loss, accuracy, classes and confusion of a net on a set. */
export const evaluateOn = (trained: TrainedNet, set: ImageSet): Promise<Evaluation> =>
  evaluate(predictor(trained), passOver(set, trained))

/** What a net says of each image of a set. */
export const predictAll = async (trained: TrainedNet, set: ImageSet): Promise<readonly Prediction[]> => {
  const predictions: Prediction[] = []
  for await (const prediction of predictionsOf(predictor(trained), passOver(set, trained))) predictions.push(prediction)
  return predictions
}
