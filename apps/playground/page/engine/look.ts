import { gradCam, lastMaps } from '@resfn/class-activation'
import type { AnyLayer, Shape } from '@resfn/layer'
import { weightsOf } from '@resfn/step'
import { features } from '@resfn/surgery'
import { dispose, flatten } from '@resfn/tree'
import { softmax, type Tensor } from '@tensorflow/tfjs-core'
import { greys } from './greys.ts'
import type { Look, PartSeen, Pixels } from './protocol.ts'
import type { AnyRun, Learner } from './runs.ts'

const [mostMaps, mostFilters, mostParts] = [16, 32, 24]

/** Parts that give maps: the net's own, and the blocks in its stages. */
const partsWithMaps = (net: AnyLayer, input: Shape): readonly string[] => {
  const paths = net.plan(input).parts.flatMap(({ name, plan }) => {
    if (plan.output.length !== 3) return []
    const isStage = plan.parts.length > 0 && plan.parts.every((part) => /^\d+$/.test(part.name))
    return isStage ? plan.parts.map((part) => `${name}.${part.name}`) : [name]
  })
  const step = Math.ceil(paths.length / mostParts)
  return paths.filter((_, i) => i % step === 0)
}

const mapsOf = async (path: string, maps: Tensor): Promise<PartSeen> => {
  const [, height, width, channels] = maps.shape as [number, number, number, number]
  const values = (await maps.data()) as Float32Array
  const shown = Array.from({ length: Math.min(mostMaps, channels) }, (_, c) =>
    greys(
      Float32Array.from({ length: height * width }, (__, i) => values[i * channels + c]!),
      width,
      height,
    ),
  )
  return { path, shape: [height, width, channels], maps: shown }
}

/** The first filters of the net that look around, each for its first input channel. */
const filtersOf = async (params: unknown): Promise<readonly Pixels[]> => {
  const filter = flatten<Tensor>(params).find(({ leaf }) => leaf.rank === 4 && leaf.shape[0]! > 1)?.leaf
  if (filter === undefined) return []
  const [height, width, channels, out] = filter.shape as [number, number, number, number]
  const values = (await filter.data()) as Float32Array
  return Array.from({ length: Math.min(mostFilters, out) }, (_, o) =>
    greys(
      Float32Array.from({ length: height * width }, (__, i) => values[i * channels * out + o]!),
      width,
      height,
    ),
  )
}

/** What a net makes of one image, layer by layer, and where it looks. */
export const lookAt = async ({ net }: Learner, run: AnyRun, image: Tensor): Promise<Look> => {
  const { params, state } = weightsOf(run)
  const input = image.shape.slice(1)
  const paths = partsWithMaps(net, input)
  const seen = features(net, paths)(params, image, state)
  const { map, logits } = gradCam(net, params, state, image, { layer: lastMaps(net, input) })
  const probabilities = softmax(logits)
  try {
    const [, height, width] = map.shape as [number, number, number]
    return {
      probabilities: [...(await probabilities.data())],
      parts: await Promise.all(paths.map((path) => mapsOf(path, seen[path]!))),
      filters: await filtersOf(params),
      activation: greys((await map.data()) as Float32Array, width, height),
    }
  } finally {
    dispose([seen, map, logits, probabilities])
  }
}
