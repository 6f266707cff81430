import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onBackend, values } from './fixtures/parity.ts'
import { useWasm } from './use-wasm.ts'

const run = (name: string, inputs: { readonly [name: string]: tf.Tensor }, attributes: object): tf.Tensor[] => {
  const outputs = tf.engine().runKernel(name, { ...inputs }, { ...attributes } as never) as tf.Tensor | tf.Tensor[]
  return Array.isArray(outputs) ? outputs : [outputs]
}

// Distance to the next float32 above a positive number.
const ulp = (value: number): number => 2 ** (Math.floor(Math.log2(value)) - 23)

// Sums in float64, over `axes`.
const sums = (x: Float32Array, shape: readonly number[], axes: readonly number[]): number[] => {
  const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
  const out = Array.from({ length: kept.reduce((a, b) => a * b, 1) }, () => 0)
  for (let i = 0; i < x.length; i++) {
    let [rest, at, stride] = [i, 0, 1]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (!axes.includes(axis)) {
        at += (rest % shape[axis]!) * stride
        stride *= shape[axis]!
      }
      rest = Math.floor(rest / shape[axis]!)
    }
    out[at]! += x[i]!
  }
  return out
}

for (const threads of [1, 2]) {
  describe(`accuracy with ${threads} thread${threads === 1 ? '' : 's'}`, () => {
    let dispose = (): void => {}
    beforeAll(async () => {
      dispose = (await useWasm({ threads })).dispose
    })
    afterAll(() => dispose())

    // 0.1 in float32, added up a million times in float32, is 1 % off.
    for (const [shape, axes] of [
      [[3, 1_000_000], [1]],
      [[2, 300_001], [1]],
      [[2, 100_000, 3], [1]],
      [[2, 50_000, 16], [1]],
      [[100_000, 8], [0]],
      [[100_000, 64], [0]],
      [
        [300, 3, 200, 5],
        [0, 2],
      ],
      [
        [300, 8, 200, 1],
        [1, 3],
      ],
      [
        [4, 500, 500],
        [0, 1, 2],
      ],
      [[1_000_001], [0]],
    ] as const)
      it(`sums and means of [${shape}] over [${axes}] are right to a few units in the last place`, async () => {
        const count = axes.reduce<number>((product, axis) => product * shape[axis]!, 1)
        const [sum, mean] = await onBackend('wasm', () => {
          const x = tf.fill([...shape], 0.1)
          return [tf.sum(x, [...axes]), tf.mean(x, [...axes])]
        })
        expect(sum!.length).toBe(shape.reduce<number>((a, b) => a * b, 1) / count)
        const value = Math.fround(0.1)
        for (const found of sum!) expect(Math.abs(found - value * count)).toBeLessThanOrEqual(8 * ulp(value * count))
        for (const found of mean!) expect(Math.abs(found - value)).toBeLessThanOrEqual(8 * ulp(value))
      })

    it('sums over any axes agree with float64', async () => {
      const cases = fc
        .array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })
        .chain((shape) => fc.tuple(fc.constant(shape), fc.subarray([...shape.keys()], { minLength: 1 })))
      await fc.assert(
        fc.asyncProperty(cases, fc.boolean(), async ([shape, axes], keepDims) => {
          const size = shape.reduce((a, b) => a * b, 1)
          const x = values(size, 3)
          let found: readonly number[] = []
          const [sum] = await onBackend('wasm', () => {
            const output = tf.sum(tf.tensor(x, shape), axes, keepDims)
            found = output.shape
            return [output]
          })
          const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
          expect(found).toEqual(keepDims ? kept : shape.filter((_, axis) => !axes.includes(axis)))
          for (const [i, expected] of sums(x, shape, axes).entries()) expect(sum![i]).toBeCloseTo(expected, 4)
        }),
        { numRuns: 40 },
      )
    })

    for (const channels of [1, 3, 4, 7, 8, 9, 16, 33, 64])
      it(`batch normalisation of ${channels} channels around 10000 finds mean and variance`, async () => {
        const rows = 4 * 33 * 29
        const x = values(rows * channels, 3).map((value) => 10_000 + 0.1 * value)
        const [, mean, variance] = await onBackend('wasm', () =>
          run(
            'BatchNormTrain',
            { x: tf.tensor2d(x, [rows, channels]), weight: tf.ones([channels]), bias: tf.zeros([channels]) },
            { epsilon: 1e-5 },
          ),
        )
        const expected = sums(x, [rows, channels], [0]).map((sum) => sum / rows)
        for (let c = 0; c < channels; c++) {
          const spread = sums(
            x.map((value, i) => (value - expected[i % channels]!) ** 2),
            [rows, channels],
            [0],
          )[c]!
          expect(Math.abs(mean![c]! - expected[c]!)).toBeLessThanOrEqual(0.5001 * ulp(10_000))
          expect(Math.abs(variance![c]! / (spread / rows) - 1)).toBeLessThan(1e-4)
        }
      })

    for (const channels of [3, 8, 64])
      it(`the gradient of batch normalisation adds up many rows of ${channels} channels`, async () => {
        const rows = 50_000
        const [, , dbias] = await onBackend('wasm', () => {
          const [x, one] = [tf.tensor2d(values(rows * channels, 1), [rows, channels]), tf.ones([channels])]
          const inputs = {
            dy: tf.fill([rows, channels], 0.1),
            x,
            weight: one,
            mean: tf.zeros([channels]),
            variance: one,
          }
          return run('BatchNormTrainGrad', inputs, { epsilon: 1e-5 })
        })
        const expected = Math.fround(0.1) * rows
        for (const found of dbias!) expect(Math.abs(found - expected)).toBeLessThanOrEqual(16 * ulp(expected))
      })
  })
}
