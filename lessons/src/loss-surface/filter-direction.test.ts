import { key } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import { norm, ones, randomNormal, reshape, tensor, type Tensor } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { filterDirection } from './filter-direction.ts'

await useBackend('wasm', { threads: 1 })
const params = {
  conv: { filter: randomNormal([3, 3, 4, 5], 0, 2, 'float32', 1) as Tensor },
  norm: { gamma: ones([5]) as Tensor, beta: ones([5]) as Tensor },
  fc: { kernel: randomNormal([6, 3], 1, 3, 'float32', 2) as Tensor, bias: ones([3]) as Tensor },
}

const lengths = (weights: Tensor): readonly number[] =>
  norm(reshape(weights, [-1, weights.shape.at(-1)!]), 2, 0).arraySync() as number[]

test('each filter of the direction is as long as that of the weights', () => {
  const { conv, fc } = filterDirection(params, key(0))
  for (const [found, weights] of [
    [conv.filter, params.conv.filter],
    [fc.kernel, params.fc.kernel],
  ] as const) {
    const wanted = lengths(weights)
    lengths(found).forEach((length, i) => expect(length).toBeCloseTo(wanted[i]!, 4))
    expect(found.shape).toEqual(weights.shape)
    expect(found.arraySync()).not.toEqual(weights.arraySync())
  }
})

test('vectors do not move', () => {
  const { norm: affine, fc } = filterDirection(params, key(0))
  for (const vector of [affine.gamma, affine.beta, fc.bias])
    expect([...vector.dataSync()].every((value) => value === 0)).toBe(true)
})

test('a filter of zeros does not move', () => {
  const { filter } = filterDirection({ filter: tensor([1, 0, 2, 0], [2, 2]) as Tensor }, key(3))
  const values = [...filter.dataSync()]
  expect(values.filter((_, i) => i % 2 === 1).map(Math.abs)).toEqual([0, 0])
  expect(Math.hypot(values[0]!, values[2]!)).toBeCloseTo(Math.hypot(1, 2), 5)
})

test('the key says which direction', () => {
  const drawn = (seed: number): unknown => filterDirection(params, key(seed)).conv.filter.arraySync()
  expect(drawn(1)).toEqual(drawn(1))
  expect(drawn(1)).not.toEqual(drawn(2))
})
