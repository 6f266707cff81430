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

    const adam = (leaves: readonly (readonly tf.Tensor[])[]) => {
      const [mean, square] = [1, 2].map(() => [] as tf.Tensor[]) as [tf.Tensor[], tf.Tensor[]]
      for (const [g, m, v] of leaves as readonly [tf.Tensor, tf.Tensor, tf.Tensor][]) {
        mean.push(tf.add(m, tf.mul(tf.sub(g, m), 1 - 0.9)))
        square.push(tf.add(tf.mul(v, 0.999), tf.mul(tf.square(g), 1 - 0.999)))
      }
      const directions = (rate: number): tf.Tensor[] =>
        mean.map((m, i) => tf.div(tf.mul(m, rate), tf.add(tf.sqrt(square[i]!), 1e-6)))
      return { mean, square, directions }
    }
    const moments = { beta1: 0.9, beta2: 0.999, epsilon: 1e-6 }
    // The squares of values of 1e30 overflow, so the last is small here.
    const drawSmall = (seed: number): tf.Tensor[] => sizes.map((size, i) => tf.tensor1d(values(size, seed + i)))

    it('of Adam equal those of single operations, to the bit', () => {
      tf.tidy(() => {
        const [param, gradient, mean] = [drawSmall(1), drawSmall(20), drawSmall(40)]
        const square = drawSmall(60).map((v) => tf.square(v))
        const outputs = run('AdamSteps', { param, gradient, mean, square }, { ...moments, rate: 0.01 })
        const expected = adam(gradient.map((g, i) => [g, mean[i]!, square[i]!]))
        const next = param.map((p, i) => tf.sub(p, expected.directions(0.01)[i]!))
        expect(bits(outputs)).toEqual(bits([...next, ...expected.mean, ...expected.square]))
      })
    })

    it.each([0, 0.1])('of LAMB equal those of single operations, with decay %s and leaves of zeros', (decay) => {
      tf.tidy(() => {
        const [param, gradient, mean] = [drawSmall(1), drawSmall(20), drawSmall(40)]
        const square = drawSmall(60).map((v) => tf.square(v))
        // A norm of 0: of the parameter, and of the direction.
        param.push(tf.zeros([20]), tf.ones([20]))
        gradient.push(tf.ones([20]), tf.zeros([20]))
        mean.push(tf.ones([20]), tf.zeros([20]))
        square.push(tf.ones([20]), tf.zeros([20]))
        const settings = { ...moments, correction: 0.3, decay, rate: 0.01 }
        const outputs = run('LambSteps', { param, gradient, mean, square }, settings)
        const expected = adam(gradient.map((g, i) => [g, mean[i]!, square[i]!]))
        const rest = outputs.slice(param.length)
        expect(bits(rest)).toEqual(bits([...expected.mean, ...expected.square]))
        for (const [i, direction] of expected.directions(0.3).entries()) {
          const u = tf.add(direction, tf.mul(param[i]!, decay))
          const [own, moved] = [tf.norm(param[i]!).dataSync()[0]!, tf.norm(u).dataSync()[0]!]
          const ratio = own > 0 && moved > 0 ? own / moved : 1
          const difference = tf.sub(outputs[i]!, tf.sub(param[i]!, tf.mul(u, 0.01 * ratio)))
          expect(tf.max(tf.abs(difference)).dataSync()[0]!).toBeLessThan(1e-7 * Math.max(1, ratio))
        }
      })
    })

    it('of sums and products of many tensors equal single operations, to the bit', () => {
      tf.tidy(() => {
        const [x, y] = [draw(3), draw(60)]
        const sums = x.map((one, i) => tf.add(one, tf.mul(y[i]!, -5e-4)))
        expect(bits(run('AddScaled', { x, y }, { factor: -5e-4 }))).toEqual(bits(sums))
        const factor = tf.scalar(0.3)
        const named = Object.fromEntries(x.map((one, i) => [`x${i}`, one] as const))
        const products = tf.engine().runKernel('ScaleAll', { ...named, factor }) as unknown as tf.Tensor[]
        expect(bits(products)).toEqual(bits(x.map((one) => tf.mul(one, factor))))
      })
    })

    it('of sums of squares are exact to single precision', () => {
      tf.tidy(() => {
        const x = [...drawSmall(3), tf.fill([100_000], 1e-3)]
        const [sums] = run('SquareSums', { x }, {}) as [tf.Tensor]
        expect(sums.shape).toEqual([x.length])
        for (const [i, found] of sums.dataSync().entries()) {
          const exact = [...x[i]!.dataSync()].reduce((sum, value) => sum + value * value, 0)
          expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * 2 ** -23)
        }
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
