import * as tf from '@tensorflow/tfjs-core'
import { fold, type Key, key } from '@resfn/random'
import { describeBackends, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import { flatten } from '@resfn/tree'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  channels,
  type Empty,
  graph,
  init,
  type Layer,
  lift,
  op,
  product,
  sequential,
  ShapeError,
  Spec,
  sum,
  summary,
  zeros,
} from '../index.ts'

type Shift = { readonly by: tf.Tensor }
type Mean = { readonly mean: tf.Tensor }

/** Adds a value for each feature. */
const shift: Layer<Shift> = op<Shift>(
  (input) => ({ kind: 'shift', params: { by: new Spec(input, zeros) }, macs: 1 }),
  ({ by }, x) => tf.add(x, by),
)
const double = lift((x) => tf.mul(x, 2), { kind: 'double' })
const centre: Layer<Empty, Mean> = {
  plan: (input) => ({
    kind: 'centre',
    params: {},
    state: { mean: new Spec(input, zeros) },
    output: input,
    macs: 0,
    parts: [],
  }),
  apply: (_, x, { mean }) => tf.sub(x, mean),
  train: (_, x) => ({ y: tf.sub(x, tf.mean(x, 0)), seen: { mean: tf.mean(x, 0) } }),
}
const witness = (keys: Key[]): Layer<Empty> => ({ ...double, train: (_, x, k) => ({ y: (keys.push(k), x), seen: {} }) })

const net = graph(
  { stem: shift, trunk: double, side: centre, last: shift },
  { side: 'stem', last: { join: sum, of: ['trunk', 'side', 'input'] } },
)
const x = (): tf.Tensor => tf.tensor2d([1, 2, 3, 5], [2, 2])
const params = () => ({ stem: { by: tf.tensor1d([1, -1]) }, last: { by: tf.tensor1d([10, 20]) } })

describeBackends('graph', () => {
  it('hands each part what it takes, in evaluation and training', () => {
    tf.tidy(() => {
      // stem [2, 1; 4, 4], trunk twice that, side minus its mean, and the input
      const state = { side: { mean: tf.tensor1d([1, 1]) } }
      expectClose(net.apply(params(), x(), state), [4 + 1 + 1 + 10, 2 + 0 + 2 + 20, 8 + 3 + 3 + 10, 8 + 3 + 5 + 20], 0)
      const { y, seen } = net.train(params(), x(), key(0))
      expectClose(y, [4 - 1 + 1 + 10, 2 - 1.5 + 2 + 20, 8 + 1 + 3 + 10, 8 + 1.5 + 5 + 20], 0)
      expectClose(seen.side.mean, [3, 2.5], 0)
    })
  })

  it('is sequential where nothing is said', () => {
    tf.tidy(() => {
      const layers = { one: shift, two: double, three: shift }
      const [plain, wired] = [sequential(layers), graph(layers, {})]
      const { params: own } = init(plain, key(1), [2])
      expectClose(wired.apply(own, x(), {}), plain.apply(own, x(), {}), 0)
    })
  })

  it('adds up the gradients of every way that a value goes', () => {
    const gradients = gradientOf((p) => net.train(p, x(), key(0)).y, params())
    // by of stem: twice through the trunk; the centred side hands on nothing in the sum over the batch
    expectClose(gradients.stem.by, [4, 4], 1e-6)
    expectClose(gradients.last.by, [2, 2], 1e-6)
    const twice = graph({ a: double, b: lift((y) => y) }, { b: { join: product, of: ['a', 'input'] } })
    expectClose(
      gradientOf((at: tf.Tensor) => twice.apply({}, at, {}), x()),
      [4, 8, 12, 20],
      1e-6,
    )
  })

  it('gives each part a key of its own, and leaves no tensor behind', () => {
    const keys: Key[] = []
    tf.tidy(() => void graph({ a: witness(keys), b: witness(keys) }, { b: 'input' }).train({}, x(), key(4)))
    expect(keys).toEqual([fold(key(4), 'a'), fold(key(4), 'b')])
    const [own, input] = [params(), x()]
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => net.train(p, input, key(0)).y, own)))
  })
})

describe('the plan of graph', () => {
  it('has the names of its parts, and counts them', () => {
    const { rows, params: count, macs } = summary(net, [2])
    expect(rows.map(({ path, kind }) => [path, kind])).toEqual([
      ['stem', 'shift'],
      ['trunk', 'double'],
      ['side', 'centre'],
      ['last', 'shift'],
    ])
    expect([count, macs]).toEqual([4, 2])
    expect(flatten(net.plan([2]).params).map(({ path }) => path)).toEqual(['stem.by', 'last.by'])
    expectTypeOf(net).toExtend<Layer<{ readonly stem: Shift; readonly last: Shift }, { readonly side: Mean }>>()
    expect(net.layers.stem).toBe(shift)
  })

  it('says where shapes do not meet, with the path', () => {
    const wide = lift((y) => tf.tile(y, [1, 2]), { output: ([n]) => [2 * n!] })
    const wrong = graph({ a: wide, b: double, c: double }, { c: { join: sum, of: ['b', 'input'] } })
    expect(() => sequential({ net: wrong }).plan([2])).toThrow(
      new ShapeError('net.c', 'input [2] and b [4] differ; give both the same stride and output channels'),
    )
    const joined = graph({ a: double, b: double }, { b: { join: channels, of: ['a', 'input'] } })
    expect(joined.plan([2]).output).toEqual([4])
  })

  it('refuses wires that lead nowhere', () => {
    const parts = { a: double, b: double }
    // @ts-expect-error: there is no part z
    expect(() => graph(parts, { z: 'a' })).toThrow('graph: feeds names z, which is not a part; the parts are a, b')
    expect(() => graph(parts, { a: 'b' })).toThrow('graph: a takes b, which does not come before it; it can take input')
    // @ts-expect-error: there is no part z
    expect(() => graph(parts, { b: { join: sum, of: ['a', 'z'] } })).toThrow(
      'graph: b takes z, which does not come before it; it can take input, a',
    )
    expect(() => graph({ input: double }, {})).toThrow('graph: a part cannot be called input')
    expect(() => graph({ a: ((y: tf.Tensor) => y) as never }, {})).toThrow('graph: "a" is not a layer')
  })
})
