import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onBackend, values } from './fixtures/parity.ts'
import { useWasm } from './use-wasm.ts'

const run = (name: string, inputs: { [name: string]: tf.Tensor }, attributes: object = {}): tf.Tensor[] => {
  const outputs = tf.engine().runKernel(name, inputs, attributes as never) as tf.Tensor | tf.Tensor[]
  return Array.isArray(outputs) ? outputs : [outputs]
}

for (const threads of [1, 2]) {
  describe(`kernels with ${threads} thread${threads === 1 ? '' : 's'}`, () => {
    let dispose = (): void => {}
    beforeAll(async () => {
      dispose = (await useWasm({ threads })).dispose
    })
    afterAll(() => dispose())

    it('ReluGrad lets dy through where y is positive', async () => {
      const [dx] = await onBackend('wasm', () =>
        run('ReluGrad', { dy: tf.tensor1d([1, 2, 3, 4, 5]), y: tf.tensor1d([0, 1, 0, 0.5, 2]) }),
      )
      expect([...dx!]).toEqual([0, 2, 0, 4, 5])
    })

    it('BatchNormTrain is accurate far from zero', async () => {
      const noise = values(4096 * 8, 5)
      const [y, , variance] = await onBackend('wasm', () =>
        run(
          'BatchNormTrain',
          { x: tf.add(tf.tensor2d(noise, [4096, 8]), 1000), weight: tf.ones([8]), bias: tf.zeros([8]) },
          { epsilon: 0 },
        ),
      )
      const shifted = noise.map((value) => Math.fround(value + 1000))
      for (let c = 0; c < 8; c++) {
        const column = Array.from({ length: 4096 }, (_, i) => shifted[i * 8 + c]!)
        const mean = column.reduce((a, b) => a + b) / 4096
        const expected = column.reduce((a, b) => a + (b - mean) ** 2, 0) / 4096
        expect(Math.abs(variance![c]! / expected - 1)).toBeLessThan(1e-4)
        expect(Math.abs(y![c]! - (column[0]! - mean) / Math.sqrt(expected))).toBeLessThan(1e-3)
      }
    })

    it('refuses to concatenate what does not fit', () => {
      expect(() => tf.concat([tf.ones([2, 3]), tf.ones([3, 4])], -1)).toThrow(/concat/i)
    })

    it('shares the data of a clone, and frees it with the last one', async () => {
      await tf.setBackend('wasm')
      const before = tf.engine().backend.numDataIds()
      const x = tf.tensor1d([1, 2, 3])
      const copy = tf.clone(x)
      expect(tf.engine().backend.numDataIds()).toBe(before + 1)
      x.dispose()
      expect([...copy.dataSync()]).toEqual([1, 2, 3])
      copy.dispose()
      expect(tf.engine().backend.numDataIds()).toBe(before)
    })
  })
}
