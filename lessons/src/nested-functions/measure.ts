import { batchesInOrder, type ImageSet } from '@resfn/batches'
import { type AnyLayer, untyped } from '@resfn/layer'
import { evaluate } from '@resfn/loop'
import { fold, key as keyOf } from '@resfn/random'
import { preprocessing } from '@resfn/recipe'
import type { Run } from '@resfn/step'
import type { NetWithVariables } from '@resfn/surgery'
import { dispose, flatten, leaves } from '@resfn/tree'
import { abs, max, sub, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import { chooseImages } from '../images.ts'
import type { Tools } from '../tools.ts'
import { trainNet } from '../train-net.ts'
import { kinds, nested, notNested } from './deeper.ts'
import type { NestedRecipe } from './recipe.ts'

/** Mean losses over all training images in evaluation: at the start of the second training, and after each epoch. */
export type Losses = readonly (number | null)[]

/** What became of one net. */
export type Measured = {
  /** The loss of the first training likewise: before it, and after each epoch. */
  readonly before: Losses
  /** The largest difference of the outputs on the test images, deeper net to trained one. */
  readonly difference: { readonly nested: number; readonly notNested: number }
  readonly after: { readonly same: Losses; readonly nested: Losses; readonly notNested: Losses }
  readonly testErrors: {
    readonly before: number
    readonly same: number
    readonly nested: number
    readonly notNested: number
  }
  /** The largest magnitude in the parts that were 0, after the second training. */
  readonly moved: number
}

const largest = async (x: Tensor): Promise<number> => {
  const [value] = await x.data()
  x.dispose()
  return value!
}

/** Trains a net, makes it deeper in two ways, and trains all three on. */
export const measure = async (kind: string, recipe: NestedRecipe, seed: number, tools: Tools): Promise<Measured> => {
  const { depth, stages, images, before, after } = recipe
  const data = chooseImages(tools.data, images)
  const { make, zero } = kinds[kind]!
  const key = keyOf(seed)
  const input = data.train.shape
  const transform = preprocessing({ ...before, resize: 0 }, data.moments)
  const evaluated = (net: AnyLayer, { params, state }: Omit<NetWithVariables, 'net'>, set: ImageSet) =>
    evaluate((x) => untyped(net).apply(params, x, state), batchesInOrder(set, { size: 200, transform }))
  const watching =
    (net: AnyLayer) =>
    async (run: Run<unknown, unknown>): Promise<number> =>
      (await evaluated(net, run, data.train)).loss
  const train = (id: string, net: AnyLayer, more: { readonly from?: NetWithVariables }) =>
    trainNet(
      { ...tools, data },
      {
        id: `${kind}-key${seed}-${id}`,
        net,
        recipe: id === 'before' ? before : after,
        key: fold(key, id === 'before' ? 'before' : 'after'),
        watch: watching(net),
        ...more,
      },
    )
  const errorOf = async (net: AnyLayer, run: Run<unknown, unknown> | undefined): Promise<number> =>
    run === undefined ? 1 : 1 - (await evaluated(net, run, data.test)).accuracy

  const net = make({ depth, classes: data.train.classes.length })
  const first = await train('before', net, {})
  if (first.run === undefined) throw new Error('the first training broke off; a smaller rate will do')
  const trained: NetWithVariables = { net, params: first.run.params, state: first.run.state }
  const growth = { stages, input, key: fold(key, 'blocks') }
  const nets = { same: trained, nested: nested(trained, growth), notNested: notNested(trained, growth) }

  const difference = async (deeper: NetWithVariables): Promise<number> => {
    let most = 0
    for await (const { images: pixels, shape } of batchesInOrder(data.test, { size: 200, transform }))
      most = Math.max(
        most,
        await largest(
          tidy(() => {
            const x = tensor(pixels, [...shape])
            const outputs = [deeper, trained].map(({ net: of, params, state }) => untyped(of).apply(params, x, state))
            return max(abs(sub(outputs[0]!, outputs[1]!)))
          }),
        ),
      )
    return most
  }
  const differences = { nested: await difference(nets.nested), notNested: await difference(nets.notNested) }
  const second = {
    same: await train('same', nets.same.net, { from: nets.same }),
    nested: await train('nested', nets.nested.net, { from: nets.nested }),
    notNested: await train('not-nested', nets.notNested.net, { from: nets.notNested }),
  }
  const count = (depth - 2) / 6
  const silenced = flatten<Tensor>(second.nested.run?.params ?? {}).filter(({ path }) =>
    stages.some((stage) => path.startsWith(`${stage}.${count}.${zero}.`)),
  )
  let moved = 0
  for (const { leaf } of silenced) moved = Math.max(moved, await largest(tidy(() => max(abs(leaf)))))
  const testErrors = {
    before: await errorOf(net, first.run),
    same: await errorOf(nets.same.net, second.same.run),
    nested: await errorOf(nets.nested.net, second.nested.run),
    notNested: await errorOf(nets.notNested.net, second.notNested.run),
  }
  const own = new Set(leaves<Tensor>([trained.params, trained.state]))
  for (const { params, state } of [nets.nested, nets.notNested])
    dispose(leaves<Tensor>([params, state]).filter((leaf) => !own.has(leaf)))
  for (const { dispose: free } of [...Object.values(second), first]) free()
  return {
    before: first.watched as Losses,
    difference: differences,
    after: {
      same: second.same.watched as Losses,
      nested: second.nested.watched as Losses,
      notNested: second.notNested.watched as Losses,
    },
    testErrors,
    moved,
  }
}
