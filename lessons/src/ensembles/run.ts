import { type Tensor, tensor, tensor1d } from '@tensorflow/tfjs-core'
import { cifarResnet, noShortcuts } from '@resfn/archs/cifar-resnet'
import { cifarPreActivationResnet } from '@resfn/archs/pre-activation'
import { valueAndGradient } from '@resfn/autodiff'
import { batchesInOrder } from '@resfn/batches'
import { type AnyLayer, type Layer, untyped } from '@resfn/layer'
import { evaluate } from '@resfn/loop'
import { crossEntropy } from '@resfn/losses'
import { fold, type Key, key } from '@resfn/random'
import { preprocessing } from '@resfn/recipe'
import { weightsOf } from '@resfn/step'
import { dispose } from '@resfn/tree'
import { chooseImages } from '../images.ts'
import { type Cell, lesson, type Lesson } from '../lesson.ts'
import type { LessonData, Tools } from '../tools.ts'
import { trainNet } from '../train-net.ts'
import { conclude } from './conclude.ts'
import { drawnBlocks, drawnOrder, inOrderOf, kendall, onePath, sameShapeBlocks, withoutBlocks } from './lesions.ts'
import { type EnsemblesRecipe, recipes } from './recipe.ts'

/** What a trained net loses by what is done to it; errors from 0 to 1 on the test images. */
export type Measured = {
  /** The error of the whole net. */
  readonly whole: number
  /** Blocks that keep the shape. */
  readonly blocks: number
  /** The error without each of them. */
  readonly without: readonly number[]
  /** The errors without several. */
  readonly deleted: readonly { readonly count: number; readonly error: number }[]
  /** The errors with blocks in another order, by its rank correlation with the old one. */
  readonly shuffled: readonly { readonly kendall: number; readonly error: number }[]
  /**
   * The norms of the gradients at the image along paths, by the number of branches that they pass; residual nets only.
   */
  readonly paths: readonly { readonly length: number; readonly norm: number }[]
}

/** The nets, by the ids of their cells. */
const nets: { readonly [kind: string]: (depth: number, classes: number) => AnyLayer } = {
  plain: (depth, classes) => cifarResnet({ depth, classes, shortcuts: noShortcuts }),
  residual: (depth, classes) => cifarPreActivationResnet({ depth, units: 'basic', classes }),
}

type Variables = { readonly params: unknown; readonly state: unknown }

/** The norm of the gradient of the loss at some images. */
const gradientNorm = async (
  net: Layer<unknown, unknown>,
  { params, state }: Variables,
  {
    images,
    shape,
    labels,
  }: { readonly images: Float32Array; readonly shape: readonly number[]; readonly labels: Int32Array },
): Promise<number> => {
  const x = tensor(images, [...shape], 'float32')
  const y = tensor1d(labels, 'int32')
  const { gradients, loss } = valueAndGradient((at: { readonly x: Tensor }) => ({
    loss: crossEntropy()(net.apply(params, at.x, state), y, at.x),
    aux: {},
  }))({ x })
  const values = (await gradients.x.data()) as Float32Array
  dispose([x, y, gradients, loss])
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
}

/** What is measured of a trained net. */
const lesions = async (
  {
    net,
    variables,
    data,
    normalise,
    key: drawn,
  }: {
    readonly net: AnyLayer
    readonly variables: Variables
    readonly data: LessonData
    readonly normalise: boolean
    readonly key: Key
  },
  { deleted, swaps, draws, paths: perLength }: EnsemblesRecipe,
  say: Tools['say'],
): Promise<Measured> => {
  const transform = preprocessing({ resize: 0, normalise }, data.moments)
  const errorOf = async (of: Layer<unknown, unknown>, { params, state }: Variables): Promise<number> => {
    const { accuracy } = await evaluate(
      (x) => of.apply(params, x, state),
      batchesInOrder(data.test, { size: 200, transform }),
    )
    return 1 - accuracy
  }
  const all = sameShapeBlocks(net)
  const draw = (name: string, count: number, i: number): Key => fold(fold(fold(drawn, name), count), i)
  const each = Array.from({ length: draws }, (_, i) => i)
  const whole = await errorOf(untyped(net), variables)
  const without: number[] = []
  for (const path of all) {
    say(`without ${path}`)
    without.push(await errorOf(withoutBlocks(net, [path]), variables))
  }
  const several: Measured['deleted'][number][] = []
  for (const count of deleted.filter((size) => size <= all.length))
    for (const i of each) {
      say(`without ${count} blocks`)
      const gone = drawnBlocks(all, count, draw('delete', count, i))
      several.push({ count, error: await errorOf(withoutBlocks(net, gone), variables) })
    }
  const shuffled: Measured['shuffled'][number][] = []
  // A stage of one block of its shape has nothing to change places with.
  const movable = all.filter((path) =>
    all.some((other) => other !== path && other.split('.')[0] === path.split('.')[0]),
  )
  if (movable.length > 0)
    for (const count of swaps)
      for (const i of each) {
        say(`${count} swaps`)
        const order = drawnOrder(movable, count, draw('swap', count, i))
        shuffled.push({ kendall: kendall(order), error: await errorOf(untyped(net), inOrderOf(variables, order)) })
      }
  const paths: Measured['paths'][number][] = []
  const [batch] = await firstBatch(data, transform)
  if (perLength > 0 && batch !== undefined)
    for (let length = 0; length <= all.length; length++)
      for (let i = 0; i < (length === 0 || length === all.length ? 1 : perLength); i++) {
        say(`paths of ${length} branches`)
        const through = drawnBlocks(all, length, draw('path', length, i))
        paths.push({ length, norm: await gradientNorm(onePath(net, all, through), variables, batch) })
      }
  return { whole, blocks: all.length, without, deleted: several, shuffled, paths }
}

type Passed = { readonly images: Float32Array; readonly shape: readonly number[]; readonly labels: Int32Array }

const firstBatch = async (
  data: LessonData,
  transform: ReturnType<typeof preprocessing>,
): Promise<readonly Passed[]> => {
  for await (const batch of batchesInOrder(data.test, { size: 64, transform })) return [batch]
  return []
}

const cells = (recipe: EnsemblesRecipe): readonly Cell<Measured>[] =>
  recipe.keys.flatMap((seed) =>
    Object.entries(nets).map(([kind, make]) => ({
      id: `${kind}-key${seed}`,
      measure: async (tools) => {
        const data = chooseImages(tools.data, recipe.images)
        const net = make(recipe.depth, data.train.classes.length)
        const { run, dispose: free } = await trainNet(
          { ...tools, data },
          { id: `${kind}-key${seed}`, net, recipe: recipe.training, key: key(seed) },
        )
        if (run === undefined) return { whole: 1, blocks: 0, without: [], deleted: [], shuffled: [], paths: [] }
        try {
          return await lesions(
            {
              net,
              variables: weightsOf(run),
              data,
              normalise: recipe.training.normalise,
              key: fold(key(seed), 'lesions'),
            },
            { ...recipe, paths: kind === 'residual' ? recipe.paths : 0 },
            tools.say,
          )
        } finally {
          free()
        }
      },
    })),
  )

/** Ensembles: a residual net stands the loss of a block, and a plain one does not. */
export const ensembles: Lesson = lesson<EnsemblesRecipe, Measured>({
  name: 'ensembles',
  title: { en: 'Ensembles: take a block out', zh: '集成：拿掉一个块' },
  recipes,
  cells,
  conclude,
})
