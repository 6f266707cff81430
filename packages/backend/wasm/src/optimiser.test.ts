import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { values } from './fixtures/parity.ts'
import { useWasm } from './use-wasm.ts'

// One value, less than a vector, odd lengths, and more than a row; the last is far from 1.
const sizes = [1, 3, 16, 33, 16_384, 50_001]
const draw = (seed: number): tf.Tensor[] =>
  sizes.map((size, i) => tf.mul(tf.tensor1d(values(size, seed + i)), i === sizes.length - 1 ? 1e30 : 1))

const run = (name: string, lists: { readonly [name: string]: readonly tf.Tensor[] }, attributes: object) =>
  tf
    .engine()
    .runKernel(
      name,
      Object.fromEntries(
        Object.entries(lists).flatMap(([list, tensors]) =>
          tensors.map((tensor, i) => [`${list}${i}`, tensor] as const),
        ),
      ),
      attributes as tf.NamedAttrMap,
    ) as unknown as tf.Tensor[]

const bits = (tensors: readonly tf.Tensor[]): readonly Int32Array[] =>
  tensors.map((tensor) => new Int32Array((tensor.dataSync() as Float32Array).slice().buffer))

for (const threads of [1, 2])
  describe(`the steps of an optimiser for many parameters, ${threads} ${threads === 1 ? 'thread' : 'threads'}`, () => {
    let dispose: () => void
    beforeAll(async () => {
      ;({ dispose } = await useWasm({ threads }))
    })
    afterAll(() => dispose())

    it.each([false, true])('with momentum equal those of single operations, to the bit (Nesterov: %s)', (nesterov) => {
      tf.tidy(() => {
        const [param, gradient, velocity] = [draw(1), draw(20), draw(40)]
        const outputs = run(
          'MomentumSteps',
          { param, gradient, velocity },
          { learningRate: 0.1, momentum: 0.9, nesterov },
        )
        const kept = velocity.map((v, i) => tf.add(tf.mul(v, 0.9), gradient[i]!))
        const next = param.map((p, i) => {
          const direction = nesterov ? tf.add(tf.mul(kept[i]!, 0.9), gradient[i]!) : kept[i]!
          return tf.sub(p, tf.mul(direction, 0.1))
        })
        expect(bits(outputs)).toEqual(bits([...next, ...kept]))
      })
    })

    it('of weight decay equal single operations, to the bit', () => {
      tf.tidy(() => {
        const [gradient, param] = [draw(3), draw(60)]
        const expected = gradient.map((g, i) => tf.add(g, tf.mul(param[i]!, 5e-4)))
        expect(bits(run('WeightDecay', { gradient, param }, { decay: 5e-4 }))).toEqual(bits(expected))
      })
    })

    it('leave no tensor', () => {
      const [param, gradient, velocity] = [draw(1), draw(20), draw(40)]
      const before = tf.memory().numTensors
      tf.dispose(
        run('MomentumSteps', { param, gradient, velocity }, { learningRate: 1, momentum: 0.5, nesterov: true }),
      )
      expect(tf.memory().numTensors).toBe(before)
      tf.dispose([param, gradient, velocity])
    })
  })
