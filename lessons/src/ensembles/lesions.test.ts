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

test('the trees of two blocks are exchanged', () => {
  const tree = { layer1: [{ w: 1 }, { w: 2 }, { w: 3 }] }
  const order = new Map([
    ['layer1.1', 'layer1.2'],
    ['layer1.2', 'layer1.1'],
  ])
  expect(inOrderOf(tree, order)).toEqual({ layer1: [{ w: 1 }, { w: 3 }, { w: 2 }] })
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
