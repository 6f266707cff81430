import * as tf from '@tensorflow/tfjs-core'
import { fold, type Key, key, normal } from '@resfn/random'
import { describeBackends, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import { flatten } from '@resfn/tree'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  type AnyLayer,
  channels,
  type Empty,
  followedBy,
  init,
  type Layer,
  lift,
  op,
  parallel,
  type ParamsOf,
  product,
  projected,
  repeat,
  sequential,
  shaped,
  ShapeError,
  skip,
  Spec,
  type StateOf,
  sum,
  summary,
  VariablesError,
  zeros,
} from '../index.ts'

type Weight = { readonly weight: tf.Tensor }
type Mean = { readonly mean: tf.Tensor }

const ones = (_: unknown, shape: readonly number[]): Float32Array =>
  new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1)

/** Multiplies by a weight for each value. */
const scaled: Layer<Weight> = op<Weight>(
  (input) => ({ kind: 'scaled', params: { weight: new Spec(input, ones) }, macs: 1 }),
  ({ weight }, x) => tf.mul(x, weight),
)

/** Widens [features] to `out` by repeating the first. */
const widen = (out: number): Layer<Empty> =>
  lift((x) => tf.tile(tf.slice(x, [0, 0], [x.shape[0]!, 1]), [1, out]), { kind: `widen ${out}`, output: () => [out] })

/** Takes the mean away: the batch's in training, the running one in evaluation. */
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

const double = lift((x) => tf.mul(x, 2), { kind: 'double' })

/** Writes down the keys that it is given. */
const witness = (keys: Key[]): Layer<Empty> => ({
  ...double,
  train: (_, x, k) => ({ y: (keys.push(k), x), seen: {} }),
})

const x = (): tf.Tensor =>
  tf.tensor2d([
    [1, 2, 3],
    [5, -4, 1],
  ])

const valuesOf = (tensor: tf.Tensor): readonly number[] => [...tensor.dataSync()]
const pathsOf = (tree: unknown): readonly string[] => flatten(tree).map(({ path }) => path)

describeBackends('parallel', () => {
  it('joins the outputs of its paths, in evaluation and training', () => {
    tf.tidy(() => {
      const net = parallel({ a: scaled, b: double, c: centre }, sum)
      const { params, state } = init(net, key(0), [3])
      expect(pathsOf([params, state])).toEqual(['0.a.weight', '1.c.mean'])
      expectClose(
        net.apply(params, x(), state),
        valuesOf(x()).map((v) => 4 * v),
        0,
      )
      const { y, seen } = net.train(params, x(), key(0))
      expectClose(seen.c.mean, [3, -1, 2], 0)
      expectClose(
        y,
        valuesOf(x()).map((v, i) => 4 * v - [3, -1, 2][i % 3]!),
        0,
      )
    })
  })

  it('lines channels up in the order of the paths', () => {
    const net = parallel({ second: widen(2), first: double }, channels)
    expect(net.plan([3]).output).toEqual([5])
    expectClose(net.apply({}, x(), {}), [1, 1, 2, 4, 6, 5, 5, 10, -8, 2], 0)
  })

  it('multiplies by gates: of all values, of channels, of pixels', () => {
    const image = tf.tensor(normal(key(1), 24), [1, 2, 3, 4])
    const gate = (shape: readonly number[]): Layer<Empty> =>
      lift(() => tf.mul(tf.ones([1, ...shape]), 3), { output: () => shape })
    for (const shape of [[2, 3, 4], [4], [1, 1, 4], [2, 3, 1]]) {
      const net = skip(product)(gate(shape))
      expect(net.plan([2, 3, 4]).output).toEqual([2, 3, 4])
      expectClose(
        net.apply({}, image, {}),
        valuesOf(image).map((v) => 3 * v),
        1e-6,
      )
    }
  })

  it('gives each path a key of its own', () => {
    const keys: Key[] = []
    parallel({ a: witness(keys), b: witness(keys) }, sum).train({}, x(), key(4))
    expect(keys).toEqual([fold(key(4), 'a'), fold(key(4), 'b')])
  })

  it('leaves no tensor behind, gradients included', () => {
    const net = parallel({ a: scaled, b: sequential({ scaled, double }) }, product)
    const { params } = init(net, key(0), [3])
    const input = x()
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => net.train(p, input, key(0)).y, params)))
  })
})

describeBackends('skip and projected', () => {
  it('join the input, or a shortcut, with the branch', () => {
    tf.tidy(() => {
      const { params } = init(scaled, key(0), [3])
      expectClose(
        skip(sum)(scaled).apply(params, x(), {}),
        valuesOf(x()).map((v) => 2 * v),
        0,
      )
      expectClose(skip(channels)(widen(1)).train({}, x(), key(0)).y, [1, 2, 3, 1, 5, -4, 1, 5], 0)
      const block = projected(sum)(sequential({ scaled }), scaled)
      const own = { scaled: { weight: tf.tensor1d([1, 2, 3]) }, shortcut: { weight: tf.tensor1d([10, 10, 10]) } }
      expectClose(block.apply(own, x(), {}), [11, 24, 39, 55, -48, 13], 0)
      expectClose(block.train(own, x(), key(0)).y, [11, 24, 39, 55, -48, 13], 0)
    })
  })

  it('send a gradient through both sides', () => {
    const block = projected(sum)(sequential({ scaled }), scaled)
    const { params } = init(block, key(0), [3])
    const gradients = gradientOf((p) => block.apply(p, x(), {}), params)
    expectClose(gradients.scaled.weight, [6, -2, 4], 0)
    expectClose(gradients.shortcut.weight, [6, -2, 4], 0)
  })

  it('leave no tensor behind, gradients included', () => {
    const block = projected(sum)(sequential({ scaled }), scaled)
    const { params } = init(block, key(0), [3])
    const input = x()
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => skip(sum)(block).train(p, input, key(0)).y, params)))
  })

  it('hand the key on, and give the shortcut another', () => {
    const keys: Key[] = []
    skip(sum)(witness(keys)).train({}, x(), key(4))
    projected(sum)(witness(keys), witness(keys)).train({}, x(), key(4))
    expect(keys).toEqual([key(4), key(4), fold(key(4), 'shortcut')])
  })
})

describeBackends('followedBy', () => {
  it('runs the second layer after the first, under the trees of the first', () => {
    tf.tidy(() => {
      const net = followedBy(sequential({ scaled, centre }), double)
      const { params, state } = init(net, key(0), [3])
      expect(pathsOf([params, state])).toEqual(['0.scaled.weight', '1.centre.mean'])
      expectClose(
        net.apply(params, x(), state),
        valuesOf(x()).map((v) => 2 * v),
        0,
      )
      expectClose(net.train(params, x(), key(0)).seen.centre.mean, [3, -1, 2], 0)
    })
  })

  it('gives the second layer a key that no part of the first has', () => {
    const [first, last]: [Key[], Key[]] = [[], []]
    followedBy(sequential({ last: witness(first) }), witness(last)).train({}, x(), key(4))
    expect(first).toEqual([fold(key(4), 'last')])
    expect(last).toEqual([fold(key(4), '')])
  })
})

describeBackends('shaped', () => {
  it('makes its layer from the shape of the input, once a shape', () => {
    const made: string[] = []
    const net = sequential({
      last: shaped(([features]) => {
        made.push(String(features))
        return widen(features! + 1)
      }),
    })
    expect(net.plan([3]).output).toEqual([4])
    expectClose(net.apply({}, x(), {}), [1, 1, 1, 1, 5, 5, 5, 5], 0)
    expect(net.train({}, tf.ones([2, 1]), key(0)).y.shape).toEqual([2, 2])
    expect(made).toEqual(['3', '1'])
  })
})

describeBackends('repeat', () => {
  it('takes layers that differ, and keeps the index of one without parameters', () => {
    tf.tidy(() => {
      const net = repeat([double, scaled, centre])
      const { params, state } = init(net, key(0), [3])
      expect(pathsOf([params, state])).toEqual(['0.1.weight', '1.2.mean'])
      expect(net.apply(params, x(), state).shape).toEqual([2, 3])
      expectTypeOf<ParamsOf<typeof net>>().toEqualTypeOf<readonly [Empty, Weight, Empty]>()
      expectTypeOf<StateOf<typeof net>>().toEqualTypeOf<readonly [Empty, Empty, Mean]>()
    })
  })
})

describe('the plans of combinators', () => {
  it('have paths that are those of the trees, and add up multiply-adds', () => {
    const block = followedBy(projected(sum)(sequential({ one: scaled, two: scaled }), scaled), double)
    const { rows, params, macs } = summary(sequential({ block, wide: parallel({ scaled, double }, channels) }), [3])
    expect(rows.map(({ path, kind }) => [path, kind])).toEqual([
      ['block', 'sum, double'],
      ['block.one', 'scaled'],
      ['block.two', 'scaled'],
      ['block.shortcut', 'scaled'],
      ['wide', 'parallel channels'],
      ['wide.scaled', 'scaled'],
      ['wide.double', 'double'],
    ])
    expect([params, macs]).toEqual([12, 4])
  })

  it('say where shapes do not meet, with the path', () => {
    const wrong = (layer: AnyLayer, input = [3]): string => {
      try {
        sequential({ net: layer }).plan(input)
      } catch (error) {
        if (error instanceof ShapeError) return error.message
        throw error
      }
      return 'it fits'
    }
    expect(wrong(skip(sum)(widen(4)))).toBe(
      'net: branch [4] and shortcut [3] differ; give both the same stride and output channels',
    )
    expect(wrong(parallel({ a: double, b: widen(4) }, product))).toBe(
      'net: b [4] and a [3] differ; a factor has the shape of the first path, [channels], or axes of 1',
    )
    const square = lift((y) => y, { output: () => [2, 2] })
    expect(wrong(parallel({ a: double, b: square }, channels))).toBe(
      'net: b [2,2] and a [3] differ; paths that are joined along the channels have one height and width',
    )
    expect(wrong(parallel({}, sum))).toBe('net: sum needs at least one path')
    const picky = lift((y) => y, {
      output: () => {
        throw new ShapeError('', 'never')
      },
    })
    expect(wrong(projected(sum)(double, picky))).toBe('net.shortcut: never')
    expect(wrong(parallel({ a: sequential({ b: picky }) }, sum))).toBe('net.a.b: never')
  })

  it('refuse a shortcut beside a tree that has no place for its name', () => {
    for (const branch of [repeat([scaled]), sequential({ shortcut: scaled })])
      expect(() => projected(sum)(branch, double).plan([3])).toThrow(VariablesError)
  })
})

describe('what is not a layer', () => {
  it.each([
    ['a function', (y: tf.Tensor) => y, 'lift(f)'],
    ['a layer of tf.layers', { apply: () => undefined, getWeights: () => [] }, 'layers of tf.layers are another kind'],
    ['nothing', undefined, 'give a record of plan, apply and train'],
  ])('is named where it stands: %s', (_, value, hint) => {
    for (const make of [
      () => sequential({ conv1: value as never }),
      () => parallel({ conv1: value as never }, sum),
      () => repeat([value as never]),
    ])
      expect(make).toThrow(hint)
    expect(() => sequential({ conv1: value as never })).toThrow(/sequential: "conv1" is not a layer/)
  })
})

describe('the parts of a net', () => {
  it('can be reached, with their types, and put together again', () => {
    const net = sequential({ stem: scaled, body: repeat([followedBy(skip(sum)(scaled), double)]), head: widen(2) })
    expectTypeOf(net.layers.body.layers[0].layers.first.layers.branch).toEqualTypeOf<Layer<Weight>>()
    const { stem, body } = net.layers
    expect(sequential({ stem, body }).plan([3]).output).toEqual([3])
    expect(parallel({ stem }, sum).layers.stem).toBe(scaled)
    expect(projected(sum)(double, stem).layers).toEqual({ branch: double, shortcut: scaled })
  })
})
