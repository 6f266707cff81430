import { createNet } from '@resfn/archs'
import { type AnyLayer, init, untyped } from '@resfn/layer'
import { key } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import { toFloat } from '@resfn/transforms'
import { map } from '@resfn/tree'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { type Looking, seenMaps } from './seen-maps.ts'

beforeAll(() => useBackend('wasm', { threads: 1 }))

const samples = {
  images: Uint8Array.from({ length: 9 * 16 * 16 * 3 }, (_, i) => (i * 7) % 256),
  labels: new Int32Array(9),
  shape: [16, 16, 3],
  classes: ['a', 'b'],
} as const
const looking = (net: AnyLayer, factor = 1): Looking => {
  const { params, state } = init(untyped(net), key(0), [16, 16, 3])
  return {
    net: untyped(net),
    params: map(params, (leaf: tf.Tensor) => tf.mul(leaf, factor)),
    state,
    prepare: ({ images, labels }) => toFloat(images, [labels.length, 16, 16, 3]),
  }
}

it('gives a picture in colour for each image, more than go through the net at once, and no tensor', async () => {
  const net = looking(createNet('cifar-resnet8'))
  const before = tf.memory().numTensors
  const seen = await seenMaps(net, samples, [1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(seen.map(({ height, width, channels }) => [height, width, channels])).toEqual(
    Array.from({ length: 9 }, () => [32, 32, 3]),
  )
  expect(seen[0]!.pixels.length).toBe(32 * 32 * 3)
  expect(seen[0]!.pixels).not.toEqual((await seenMaps(net, samples, [5]))[0]!.pixels)
  expect(tf.memory().numTensors).toBe(before)
})

it('gives the picture alone where the net has diverged', async () => {
  const [seen] = await seenMaps(looking(createNet('cifar-resnet8'), Number.NaN), samples, [0])
  expect([...seen!.pixels.subarray(0, 3)]).toEqual([...samples.images.subarray(0, 3)])
})

it('gives nothing for a net without maps', async () => {
  const net = createNet('cifar-resnet8')
  expect(
    await seenMaps(
      { ...looking(net), net: untyped({ ...net, plan: (input) => ({ ...net.plan(input), parts: [] }) }) },
      samples,
      [0],
    ),
  ).toEqual([])
})
