import * as tf from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { describeBackends, expectClose, expectNoLeak } from '@resfn/test-utils'
import { describe, expect, it } from 'vitest'
import { advance, dispose } from './index.ts'

describeBackends('dispose', () => {
  it('frees every tensor of a tree once and passes over everything else', () => {
    const before = tf.memory().numTensors
    const shared = tf.zeros([2])
    dispose({ shared, again: [shared, tf.ones([1])], step: 3, name: 'x', none: null, bytes: new Uint8Array(8) })
    expect(tf.memory().numTensors).toBe(before)
    expect(shared.isDisposed).toBe(true)
    dispose(tf.zeros([1]))
    dispose(undefined)
    expect(tf.memory().numTensors).toBe(before)
  })
})

type Run = {
  readonly params: { readonly w: Tensor }
  readonly fixed: Tensor
  readonly step: number
  readonly key: Uint32Array
}

const start = (): Run => ({
  params: { w: tf.tensor1d([1, 2]) },
  fixed: tf.scalar(5),
  step: 0,
  key: new Uint32Array([1, 2]),
})

const next = (run: Run): Run => ({ ...run, params: { w: tf.add(tf.mul(run.params.w, 2), 1) }, step: run.step + 1 })

describeBackends('advance', () => {
  it('frees the intermediates and what the new run does not share', () => {
    let run = start()
    const [{ w }, fixed] = [run.params, run.fixed]
    const before = tf.memory().numTensors
    for (let i = 0; i < 3; i++) run = advance(run, next)
    expect(tf.memory().numTensors).toBe(before)
    expectClose(run.params.w, [15, 23])
    expect(run.step).toBe(3)
    expect(w.isDisposed).toBe(true)
    expect(run.fixed).toBe(fixed)
    expect(fixed.isDisposed).toBe(false)
    dispose(run)
  })

  it('keeps plain values as they are, typed arrays included', () => {
    const run = start()
    expect(advance(run, next).key).toBe(run.key)
  })

  it('frees nothing when the step returns the run itself, or moves its tensors', () => {
    const run = { a: tf.scalar(1), b: tf.scalar(2) }
    expectNoLeak(() => void advance(run, (same) => same))
    const swapped = advance(run, ({ a, b }) => ({ a: b, b: a }))
    expect([swapped.a.dataSync()[0], swapped.b.dataSync()[0]]).toEqual([2, 1])
    dispose(swapped)
  })

  it('keeps a tensor that only shares its values', () => {
    const run = { a: tf.tensor1d([1, 2, 3, 4]) as Tensor }
    const { a } = advance(run, ({ a }) => ({ a: tf.reshape(a, [2, 2]) }))
    expectClose(a, [1, 2, 3, 4])
    a.dispose()
  })

  it('leaves the old run and nothing else when the step throws', () => {
    const run = start()
    const failing = (): Run =>
      advance(run, (old) => {
        next(old)
        throw new Error('out of data')
      })
    expect(failing).toThrow('out of data')
    expectNoLeak(() => expect(failing).toThrow('out of data'))
    expectClose(run.params.w, [1, 2])
    expect(run.fixed.isDisposed).toBe(false)
    dispose(run)
  })

  it('hands the new run to a surrounding tidy', () => {
    expectNoLeak(() => tf.tidy(() => void advance(start(), next)))
  })

  it('refuses an asynchronous step and leaves the old run', async () => {
    const run = start()
    const asynchronous = (async (old: Run) => {
      tf.square(old.fixed)
      await Promise.resolve()
      throw new Error('nobody hears this')
    }) as unknown as (run: Run) => Run
    expect(() => advance(run, asynchronous)).toThrow(/^advance: the step must be synchronous; await/)
    expectNoLeak(() => expect(() => advance(run, asynchronous)).toThrow(TypeError))
    await new Promise((resolve) => setTimeout(resolve, 1))
    expectClose(run.params.w, [1, 2])
    dispose(run)
  })
})

describe('dispose and advance', () => {
  it('work on trees without tensors', () => {
    expect(advance({ n: 1 }, ({ n }) => ({ n: n + 1 }))).toEqual({ n: 2 })
  })
})
