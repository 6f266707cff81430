// @ts-check
// A small member of each family beside PyTorch's autograd in float64: losses, every gradient, and the parameters'
// changes and the statistics after three steps of SGD (fixtures of `pnpm parity --train --fixtures`).
import { readFileSync } from 'node:fs'
import { sizeOf } from '@resfn/layer'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { constantRate } from '@resfn/schedules'
import { startRun, takeStep } from '@resfn/step'
import { advance, dispose } from '@resfn/tree'
import { useWasm } from '@resfn/wasm'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { noise } from './formula.mjs'
import { train, trained, worst } from './train.mjs'

const fixtureOf = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(new URL(`./fixtures/training/${name}.json`, import.meta.url), 'utf8'))

describe('training', () => {
  beforeAll(() => useWasm({ threads: 1 }))

  it.each(Object.keys(trained))('%s goes as in PyTorch', (name) => {
    const { losses, ...fixture } = fixtureOf(name)
    const ours = train(name)
    losses.forEach((loss, step) => expect(Math.abs(ours.losses[step] / loss - 1), `loss ${step}`).toBeLessThan(1e-4))
    for (const part of ['gradients', 'changes', 'statistics']) {
      expect(Object.keys(ours[part]).sort()).toEqual(Object.keys(fixture[part]).sort())
      const { name: where, error } = worst(ours[part], fixture[part])
      expect(error, `${part} of ${where}`).toBeLessThan(1e-4)
    }
  })

  it('is worst where a tensor is missing or not a number, wherever it stands', () => {
    /** @type {Record<string, [number, number]>} */
    const theirs = { a: [1, 1], b: [2, 2], c: [3, 3] }
    for (const own of [undefined, [NaN, 2]])
      expect(worst(/** @type {any} */ ({ a: [1, 1], b: own, c: [3.5, 3] }), theirs)).toEqual({
        name: 'b',
        error: Infinity,
      })
    expect(worst({}, {}).error).toBe(0)
  })

  it.each(Object.entries(trained))('%s holds as many tensors after each of 20 steps', (_, { make, input }) => {
    const net = make({ classes: 10 })
    const optimiser = sgd({ momentum: 0.9 })
    const step = takeStep({ net, loss: crossEntropy(), optimiser, schedule: constantRate(0.01) })
    const shape = [2, 32, 32, 3]
    const images = noise('images', sizeOf(shape))
    const examples = { images, shape, labels: Int32Array.of(1, 2) }
    let run = startRun(net, { optimiser, key: key(0), input })
    const counts = Array.from({ length: 20 }, () => {
      const { learned, ...seen } = step(run, examples)
      dispose(seen)
      run = advance(run, () => ({ ...run, ...learned }))
      return tf.memory().numTensors
    })
    dispose([run.params, run.state, run.optimiser])
    expect(new Set(counts.slice(1)).size).toBe(1)
  })
})
