import { cifarResnet, noShortcuts } from '@resfn/archs/cifar-resnet'
import { batchesInOrder } from '@resfn/batches'
import { type AnyLayer, untyped } from '@resfn/layer'
import { evaluate } from '@resfn/loop'
import { fold, key as keyOf } from '@resfn/random'
import { preprocessing } from '@resfn/recipe'
import { dispose, zip } from '@resfn/tree'
import { add, mul, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { chooseImages } from '../images.ts'
import type { Words } from '../lesson.ts'
import type { Tools } from '../tools.ts'
import { trainNet } from '../train-net.ts'
import { filterDirection } from './filter-direction.ts'
import type { SurfaceRecipe } from './recipe.ts'

/** A plain net and the residual one of the same layers. */
export const kinds: {
  readonly [kind in 'plain' | 'residual']: {
    readonly make: (depth: number, classes: number) => AnyLayer
    readonly name: Words
  }
} = {
  plain: {
    make: (depth, classes) => cifarResnet({ depth, classes, shortcuts: noShortcuts }),
    name: { en: 'plain', zh: '普通' },
  },
  residual: {
    make: (depth, classes) => cifarResnet({ depth, classes }),
    name: { en: 'residual', zh: '残差' },
  },
}

/** The name of a kind. */
export type Kind = keyof typeof kinds

/** A point of a slice: how far it is in both directions, and the loss there; null where that is no number. */
export type Place = readonly [x: number, y: number, loss: number | null]

/** What one net came to, and the loss around it. */
export type Measured = {
  /** Of all training and test images in evaluation. */
  readonly trainError: number
  readonly testError: number
  readonly places: readonly Place[]
}

/** The steps along a direction, from -radius to radius. */
export const steps = ({ slice: { radius, points } }: SurfaceRecipe): readonly number[] =>
  Array.from({ length: points }, (_, i) => radius * ((2 * i) / (points - 1) - 1))

/** The points of a slice. */
const pointsOf = (recipe: SurfaceRecipe): readonly (readonly [x: number, y: number])[] => {
  const along = steps(recipe)
  return along
    .flatMap((y) => along.map((x) => [x, y] as const))
    .filter(([x, y]) => recipe.slice.shape === 'plane' || x === 0 || y === 0)
}

/** Trains a net, and measures the loss of a fixed set of training images around it in evaluation. */
export const measure = async (kind: Kind, recipe: SurfaceRecipe, seed: number, tools: Tools): Promise<Measured> => {
  const { depth, images, training, slice } = recipe
  const data = chooseImages(tools.data, images)
  const key = keyOf(seed)
  const net = kinds[kind].make(depth, data.train.classes.length)
  const id = `${kind}-key${seed}`
  const { run, dispose: free } = await trainNet({ ...tools, data }, { id, net, recipe: training, key })
  if (run === undefined) throw new Error('the training broke off; a smaller rate will do')
  const transform = preprocessing({ ...training, resize: 0 }, data.moments)
  const evaluated = (params: unknown, set: typeof data.train) =>
    evaluate((x) => untyped(net).apply(params, x, run.state), batchesInOrder(set, { size: 200, transform }))

  const shown = chooseImages(data, { train: slice.images, test: 1, side: 0 }).train
  const directions = ['x', 'y'].map((name) => filterDirection(run.params, fold(fold(key, 'direction'), name)))
  const places: Place[] = []
  const points = pointsOf(recipe)
  for (const [x, y] of points) {
    if (tools.signal.aborted) break
    const moved = zip<unknown>([run.params, ...directions], (leaves: readonly Tensor[]) =>
      tidy(() => add(leaves[0]!, add(mul(leaves[1]!, x), mul(leaves[2]!, y)))),
    )
    const { loss } = await evaluated(moved, shown)
    dispose(moved)
    places.push([x, y, Number.isFinite(loss) ? loss : null])
    if (places.length % 25 === 0) tools.say(`point ${places.length} of ${points.length}`)
  }
  const [train, test] = [await evaluated(run.params, data.train), await evaluated(run.params, data.test)]
  dispose(directions)
  free()
  return { trainError: 1 - train.accuracy, testError: 1 - test.accuracy, places }
}
