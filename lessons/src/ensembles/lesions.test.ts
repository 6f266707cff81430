import '@tensorflow/tfjs-backend-cpu'
import { add, norm, randomNormal, sub, sum, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { cifarPreActivationResnet } from '@resfn/archs/pre-activation'
import { valueAndGradient } from '@resfn/autodiff'
import { init, untyped } from '@resfn/layer'
import { key } from '@resfn/random'
import { expect, test } from 'vitest'
import { drawnOrder, inOrderOf, kendall, onePath, sameShapeBlocks, withoutBlocks } from './lesions.ts'

const net = untyped(cifarPreActivationResnet({ depth: 14, units: 'basic', classes: 3 }))
const input = [8, 8, 1]
const { params, state } = init(net, key(0), input)
const x = randomNormal([2, ...input], 0, 1, 'float32', 1)
const paths = sameShapeBlocks(net)
const outputOf = (of: typeof net, variables = { params, state }): readonly number[] => [
  ...tidy(() => of.apply(variables.params, x, variables.state)).dataSync(),
]

test('the blocks that keep the shape are those after the first of each stage', () => {
  expect(paths).toEqual(['layer1.1', 'layer2.1', 'layer3.1'])
})

test('a net without a block has another output, and without none the same', () => {
  expect(outputOf(withoutBlocks(net, []))).toEqual(outputOf(net))
  expect(outputOf(withoutBlocks(net, ['layer2.1']))).not.toEqual(outputOf(net))
})

test('blocks change places within their stage alone', () => {
  const names = ['layer1.1', 'layer1.2', 'layer1.3', 'layer2.1', 'layer2.2']
  for (let seed = 0; seed < 20; seed++) {
    const order = drawnOrder(names, 3, key(seed))
    expect([...order.values()].toSorted()).toEqual(names)
    for (const [place, block] of order) expect(block.split('.')[0]).toBe(place.split('.')[0])
  }
})

test("Kendall's correlation is 1 for the old order, and less by two pairs for each neighbours that change places", () => {
  const names = ['a', 'b', 'c', 'd']
  const order = (of: readonly string[]): ReadonlyMap<string, string> => new Map(names.map((name, i) => [name, of[i]!]))
  expect(kendall(order(names))).toBe(1)
  expect(kendall(order(['b', 'a', 'c', 'd']))).toBeCloseTo(1 - 2 / 6)
  expect(kendall(order(['d', 'c', 'b', 'a']))).toBe(-1)
})

test('a net with two blocks exchanged is the one that has them in that order', () => {
  const deeper = untyped(cifarPreActivationResnet({ depth: 20, units: 'basic', classes: 3 }))
  const drawn = init(deeper, key(0), input)
  const order = new Map([
    ['layer2.1', 'layer2.2'],
    ['layer2.2', 'layer2.1'],
  ])
  const mixed = inOrderOf(drawn, order)
  expect(outputOf(deeper, mixed)).not.toEqual(outputOf(deeper, drawn))
  expect(outputOf(deeper, inOrderOf(mixed, order))).toEqual(outputOf(deeper, drawn))
  const [first, second] = ['layer2.1', 'layer2.2'].map((path) => outputOf(withoutBlocks(deeper, [path]), mixed))
  // Without the other of the two, each is left in turn.
  expect(first).toEqual(outputOf(withoutBlocks(deeper, ['layer2.2']), drawn))
  expect(second).toEqual(outputOf(withoutBlocks(deeper, ['layer2.1']), drawn))
})

test('the gradients of all paths add up to that of the net', () => {
  const gradientOf = (of: typeof net): Tensor =>
    valueAndGradient((at: { readonly x: Tensor }) => ({ loss: sum(of.apply(params, at.x, state)), aux: {} }))({ x })
      .gradients.x
  const subsets = Array.from({ length: 2 ** paths.length }, (_, mask) => paths.filter((__, i) => (mask >> i) & 1))
  const whole = gradientOf(net)
  const total = subsets.map((through) => gradientOf(onePath(net, paths, through))).reduce((a, b) => add(a, b))
  expect(norm(sub(total, whole)).dataSync()[0]! / norm(whole).dataSync()[0]!).toBeLessThan(1e-5)
  expect(outputOf(onePath(net, paths, ['layer1.1']))).toEqual(outputOf(net))
})
