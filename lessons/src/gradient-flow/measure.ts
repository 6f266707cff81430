import { batchesInOrder } from '@resfn/batches'
import { init, untyped } from '@resfn/layer'
import { fold, key as keyOf, normal } from '@resfn/random'
import { preprocessing } from '@resfn/recipe'
import type { Run } from '@resfn/step'
import { dispose } from '@resfn/tree'
import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import { chainOf, gradientNorms, stageNorms } from '../gradient-norms.ts'
import { chooseImages } from '../images.ts'
import type { Tools } from '../tools.ts'
import { errorsOf, trainNet } from '../train-net.ts'
import { convKinds, denseKinds, denseNet } from './nets.ts'
import type { GradientFlowRecipe } from './recipe.ts'

/** Norms of gradients as logarithms, from the input to the output; null where 32 bits do not hold them. */
export type Profile = readonly (number | null)[]

/** What a cell measured: profiles, one after the other. */
export type Measured = {
  readonly profiles: readonly Profile[]
  /** The training error over the last epoch, from 0 to 1; null where nothing was trained, or it broke off. */
  readonly trainError: number | null
}

/** The profile of a dense net at its first values, with a random batch and a random gradient by the output. */
export const denseProfile = async (
  kind: string,
  { blocks, width, batch }: { readonly blocks: number; readonly width: number; readonly batch: number },
  seed: number,
): Promise<Profile> => {
  const net = denseNet(denseKinds[kind]!, { blocks, width })
  const key = fold(keyOf(seed), 'net')
  const { params, state } = init(net, key, [width])
  const random = (name: string): Tensor => tensor(normal(fold(key, name), batch * width), [batch, width])
  const x = random('input')
  const profile = await gradientNorms(chainOf(net, params), x, () => random('upstream'), key)
  dispose([params, state, x])
  return profile
}

/** The profiles of a convolutional net before it trains and after each epoch. */
export const trainedProfiles = async (
  kind: string,
  { depth, images, training, batch }: GradientFlowRecipe['trained'],
  seed: number,
  tools: Tools,
): Promise<Measured> => {
  const data = chooseImages(tools.data, images)
  const classes = data.train.classes.length
  const net = untyped(convKinds[kind]!.make({ depth, classes }))
  const seen = preprocessing({ ...training, resize: 0 }, data.moments)
  const profileOf = async ({ params }: Run<unknown, unknown>): Promise<Profile> => {
    for await (const first of batchesInOrder(data.train, { size: batch, transform: seen }))
      return stageNorms(net, params, first, keyOf(seed))
    return []
  }
  const trained = await trainNet(
    { ...tools, data },
    { id: `${kind}-key${seed}`, net, recipe: training, key: keyOf(seed), watch: profileOf },
  )
  trained.dispose()
  return {
    profiles: trained.watched as unknown as readonly Profile[],
    trainError: errorsOf(trained).trainError,
  }
}
