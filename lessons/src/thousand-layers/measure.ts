import { batchesInOrder, type Examples } from '@resfn/batches'
import { init } from '@resfn/layer'
import { crossEntropy } from '@resfn/losses'
import { key as keyOf } from '@resfn/random'
import { preprocessing } from '@resfn/recipe'
import { gradientsOf } from '@resfn/step'
import { dispose, flatten } from '@resfn/tree'
import { profile, type Tensor } from '@tensorflow/tfjs-core'
import { stageNorms } from '../gradient-norms.ts'
import { chooseImages } from '../images.ts'
import { type Point, smooth } from '../smooth.ts'
import type { Tools } from '../tools.ts'
import type { NetTrained } from '../train-net.ts'
import { deepNet, type NetName } from './nets.ts'
import type { ThousandLayersRecipe } from './recipe.ts'

/** What a cell measured; what it did not is empty. */
export type Measured = {
  /** The loss while it trained. */
  readonly losses: readonly Point[]
  /** The mean loss over the first and the last quarter of the steps; null where it was no number any more. */
  readonly quarters: readonly (number | null)[]
  /** Logarithms of the norm of the gradient by the input of each block, and by the output of the last. */
  readonly norms: readonly (number | null)[]
  /** The most bytes that tensors took for a gradient, with activations kept and recomputed. */
  readonly peaks: readonly number[]
  /** How many numbers of the two gradients differ. */
  readonly different: number
}

const nothing: Measured = { losses: [], quarters: [], norms: [], peaks: [], different: 0 }

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** The first images, as a net sees them. */
const firstBatch = async (
  { training, batch }: ThousandLayersRecipe,
  { train, moments }: Tools['data'],
): Promise<Examples> => {
  const transform = preprocessing({ ...training, resize: 0 }, moments)
  for await (const examples of batchesInOrder(train, { size: batch, transform })) return examples
  throw new Error('there are no images')
}

/** What a training came to: its loss. */
export const lossOf = ({ losses, run }: NetTrained): Measured => {
  const quarter = Math.ceil(losses.length / 4)
  const last = run === undefined ? null : mean(losses.slice(-quarter))
  return { ...nothing, losses: smooth(losses, 60), quarters: [mean(losses.slice(0, quarter)), last] }
}

/** The gradient by the input of each block of a net as it is drawn. */
export const drawnNorms = async (
  recipe: ThousandLayersRecipe,
  { net: name, seed }: { readonly net: NetName; readonly seed: number },
  tools: Tools,
): Promise<Measured> => {
  const data = chooseImages(tools.data, recipe.images)
  const net = deepNet(name, { ...recipe, activations: 'kept', classes: data.train.classes.length })
  const { params, state } = init(net, keyOf(seed), data.train.shape)
  const norms = await stageNorms(net, params, await firstBatch(recipe, data), keyOf(seed))
  dispose([params, state])
  return { ...nothing, norms }
}

/** The memory that a gradient of a net needs with its activations kept, and with them computed again. */
export const peakMemory = async (recipe: ThousandLayersRecipe, name: NetName, tools: Tools): Promise<Measured> => {
  const data = chooseImages(tools.data, recipe.images)
  const examples = await firstBatch(recipe, data)
  const measure = async (
    activations: ThousandLayersRecipe['activations'],
  ): Promise<{ readonly peak: number; readonly gradients: readonly Tensor[] }> => {
    const net = deepNet(name, { ...recipe, activations, classes: data.train.classes.length })
    const { params, state } = init(net, keyOf(0), data.train.shape)
    let gradients: readonly Tensor[] = []
    const { peakBytes } = await profile(() => {
      const found = gradientsOf({ net, loss: crossEntropy() })({ params, key: keyOf(0), step: 0 }, examples)
      gradients = flatten<Tensor>(found.gradients).map(({ leaf }) => leaf)
      dispose([found.seen, found.loss, found.logits])
      return []
    })
    dispose([params, state])
    return { peak: peakBytes, gradients }
  }
  const kept = await measure('kept')
  const bits = await Promise.all(kept.gradients.map((tensor) => tensor.data()))
  dispose(kept.gradients)
  const again = await measure('recomputed')
  const others = await Promise.all(again.gradients.map((tensor) => tensor.data()))
  dispose(again.gradients)
  const different = bits.reduce(
    (count, values, i) => count + values.filter((value, j) => !Object.is(value, others[i]![j])).length,
    0,
  )
  return { ...nothing, peaks: [kept.peak, again.peak], different }
}
