import * as tf from '@tensorflow/tfjs-core'
import { key } from '@resfn/random'
import { bitsOf, describeBackends, draw, expectClose, expectNoLeak } from '@resfn/test-utils'
import { dispose, flatten } from '@resfn/tree'
import { describe, expect, it } from 'vitest'
import {
  average,
  type Empty,
  init,
  initFrom,
  type Layer,
  op,
  sequential,
  Spec,
  uniform,
  VariablesError,
  zeros,
} from '../index.ts'

type DenseParams = { readonly weight: tf.Tensor; readonly bias: tf.Tensor }
const dense = (out: number): Layer<DenseParams> =>
  op<DenseParams>(
    ([features]) => ({
      kind: 'dense',
      params: { weight: new Spec([features!, out], uniform(1)), bias: new Spec([out], zeros) },
      output: [out],
    }),
    ({ weight, bias }, x) => tf.add(tf.matMul(x, weight), bias),
  )

type Mean = { readonly mean: tf.Tensor }
const centre: Layer<Empty, Mean> = {
  ...op(
    (input) => ({ kind: 'centre', output: input }),
    (_, x) => x,
  ),
  plan: (input) => ({
    kind: 'centre',
    params: {},
    state: { mean: new Spec(input, zeros) },
    output: input,
    macs: 0,
    parts: [],
  }),
  train: (_, x) => ({ y: x, seen: { mean: tf.mean(x, 0) } }),
}

const net = sequential({ hidden: dense(4), bn: centre, fc: dense(2) })

describeBackends('initFrom', () => {
  it('keeps the given tensors, and draws the others as init does', () => {
    tf.tidy(() => {
      const whole = init(net, key(1), [3])
      const own = initFrom(net, { params: { hidden: whole.params.hidden }, state: whole.state }, key(1), [3])
      expect(own.params.hidden.weight).toBe(whole.params.hidden.weight)
      expect(own.state.bn.mean).toBe(whole.state.bn.mean)
      expect(own.params.fc.weight).not.toBe(whole.params.fc.weight)
      expect(bitsOf(own.params.fc.weight)).toEqual(bitsOf(whole.params.fc.weight))
    })
  })

  it('makes only what is missing', () => {
    const { params, state } = init(net, key(1), [3])
    const before = tf.memory().numTensors
    const { hidden } = params
    const own = initFrom(net, { params: { hidden }, state }, key(1), [3])
    expect(tf.memory().numTensors - before).toBe(2)
    dispose([own, params, state])
  })
})

describeBackends('average', () => {
  it('is the mean at each leaf, of any number of trees', () => {
    tf.tidy(() => {
      const trees = [1, 2, 3].map((seed) => ({ a: draw(seed, 5), b: [draw(seed + 9, 2, 2)] }))
      const mean = average(trees as [(typeof trees)[0], ...typeof trees])
      const values = trees.map(({ a }) => a.dataSync())
      expectClose(
        mean.a,
        [...values[0]!].map((_, i) => values.reduce((total, value) => total + value[i]!, 0) / 3),
        1e-6,
      )
      expect(bitsOf(average([trees[0]!]).a)).toEqual(bitsOf(trees[0]!.a))
    })
  })

  it('leaves the trees alone, and makes a tensor a leaf', () => {
    const trees = [1, 2].map((seed) => ({ a: draw(seed, 5) }))
    expectNoLeak(() => dispose(average(trees as [(typeof trees)[0], ...typeof trees])))
    expect(trees.some(({ a }) => a.isDisposed)).toBe(false)
  })
})

describe('initFrom', () => {
  it('names a given tensor that does not fit', () => {
    const { params, state } = tf.tidy(() => ({ params: { fc: { weight: draw(1, 4, 9) } }, state: {} }))
    const wrong = (given: object) => () => initFrom(net, { params: given, state }, key(0), [3])
    expect(wrong(params)).toThrow(
      'params.fc.weight: it is [4,9], but this net needs [4,2]; leave it out to have it drawn',
    )
    expect(wrong({ head: params.fc })).toThrow('params.head.weight: this net has no such tensor; leave it out')
    expect(wrong(params)).toThrow(VariablesError)
    expect(flatten(params)).toHaveLength(1)
  })
})
