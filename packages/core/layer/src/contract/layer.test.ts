import * as tf from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { fold, type Key, key, uniform as drawUniform } from '@resfn/random'
import { describeBackends, expectClose, expectNoLeak } from '@resfn/test-utils'
import { dispose, flatten, StructureError } from '@resfn/tree'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  absorb,
  type AnyLayer,
  type Empty,
  init,
  kaimingNormal,
  type Layer,
  lift,
  normal,
  type ParamsOf,
  repeat,
  sequential,
  Spec,
  type StateOf,
  untyped,
  withState,
  zeros,
} from '../index.ts'

type Affine = { readonly weight: Tensor; readonly bias: Tensor }
type Moments = { readonly mean: Tensor }

/** y = x w + b. */
const affine = (out: number): Layer<Affine> => {
  const apply = ({ weight, bias }: Affine, x: Tensor): Tensor => tf.add(tf.matMul(x, weight), bias)
  return {
    plan: ([features]) => ({
      kind: 'affine',
      params: { weight: new Spec([features!, out], kaimingNormal('in')), bias: new Spec([out], normal(1)) },
      state: {},
      output: [out],
      macs: features! * out,
      parts: [],
    }),
    apply,
    train: (params, x) => ({ y: apply(params, x), seen: {} }),
  }
}

/** Takes the mean away: the batch's in training, the running one in evaluation. */
const centre: Layer<Empty, Moments> = {
  plan: (input) => ({
    kind: 'centre',
    params: {},
    state: { mean: new Spec(input, zeros) },
    output: input,
    macs: 0,
    parts: [],
  }),
  apply: (_, x, { mean }) => tf.sub(x, mean),
  train: (_, x) => {
    const mean = tf.mean(x, 0)
    return { y: tf.sub(x, mean), seen: { mean } }
  },
}

/** Adds noise in training; keys seen are written down. */
const noisy = (seen: Key[]): Layer<Empty> => ({
  plan: (input) => ({ kind: 'noisy', params: {}, state: {}, output: input, macs: 0, parts: [] }),
  apply: (_, x) => x,
  train: (_, x, key) => {
    seen.push(key)
    return { y: tf.add(x, tf.tensor(drawUniform(key, x.size), x.shape)), seen: {} }
  },
})

const relu = lift((x) => tf.relu(x), { kind: 'relu' })

const net = sequential({
  first: sequential({ fc: affine(3), centre, relu }),
  rest: repeat([affine(3), affine(3)]),
  head: affine(2),
})

const values = (tree: unknown): { readonly [path: string]: readonly number[] } =>
  Object.fromEntries(flatten(tree).map(({ path, leaf }) => [path, [...leaf.dataSync()]]))

describeBackends('init', () => {
  it('draws each leaf from the key folded with its path', () => {
    const { params, state } = init(net, key(3), [4])
    expect(Object.keys(values(params))).toEqual([
      'first.fc.weight',
      'first.fc.bias',
      'rest.0.weight',
      'rest.0.bias',
      'rest.1.weight',
      'rest.1.bias',
      'head.weight',
      'head.bias',
    ])
    expect([...params.rest[1]!.weight.dataSync()]).toEqual([
      ...kaimingNormal('in')(fold(key(3), 'params.rest.1.weight'), [3, 3]),
    ])
    expect(values(state)).toEqual({ 'first.centre.mean': [0, 0, 0] })
    expect(params.head.weight.dtype).toBe('float32')
    dispose([params, state])
  })

  it('gives the same values for the same key and others for another', () => {
    const [a, b, c] = [key(1), key(1), key(2)].map((k) => values(init(net, k, [4]).params))
    expect(a).toEqual(b)
    for (const path of Object.keys(a!)) expect(a![path]).not.toEqual(c![path])
  })

  it('changes no draw when a layer is added before, between or after', () => {
    const shorter = values(init(sequential({ a: affine(3), b: affine(3) }), key(1), [3]).params)
    const longer = values(
      init(
        sequential({ start: affine(3), a: affine(3), relu, middle: affine(3), b: affine(3), end: affine(7) }),
        key(1),
        [3],
      ).params,
    )
    for (const [path, drawn] of Object.entries(shorter)) expect(longer[path]).toEqual(drawn)
    const two = values(init(repeat([affine(3), affine(3)]), key(1), [3]).params)
    const three = values(init(repeat([affine(3), affine(3), affine(3)]), key(1), [3]).params)
    expect(three).toMatchObject(two)
  })

  it('draws equal layers differently', () => {
    const { params } = init(repeat([affine(3), affine(3)]), key(1), [3])
    expect(values(params[0])).not.toEqual(values(params[1]))
  })

  it('makes one tensor a leaf and no other', () => {
    const before = tf.memory().numTensors
    const variables = init(net, key(0), [4])
    expect(tf.memory().numTensors).toBe(before + 9)
    dispose(variables)
  })

  it('gives an empty tree for a net without parameters', () => {
    expect(init(sequential({ relu, again: relu }), key(0), [3])).toEqual({ params: {}, state: {} })
    expect(init(repeat([relu, relu]), key(0), [3])).toEqual({ params: [{}, {}], state: [{}, {}] })
  })
})

describeBackends('apply and train', () => {
  const x = (): Tensor =>
    tf.tensor2d([
      [1, -2, 3, 0.5],
      [0, 1, -1, 2],
    ])

  it('run the layers one after the other', () => {
    const { params, state } = init(net, key(3), [4])
    const { first, rest, head } = params
    const dense = ({ weight, bias }: Affine, y: Tensor): Tensor => tf.add(tf.matMul(y, weight), bias)
    const inner = tf.relu(tf.sub(dense(first.fc, x()), state.first.centre.mean))
    expectClose(net.apply(params, x(), state), dense(head, dense(rest[1]!, dense(rest[0]!, inner))))
  })

  it('see the batch in training and the state in evaluation', () => {
    const layer = sequential({ centre })
    const { y, seen } = layer.train(
      {},
      tf.tensor2d([
        [1, 2],
        [3, 6],
      ]),
      key(0),
    )
    expectClose(seen.centre.mean, [2, 4])
    expectClose(y, [-1, -2, 1, 2])
    expectClose(layer.apply({}, tf.tensor2d([[1, 2]]), { centre: { mean: tf.tensor1d([10, 20]) } }), [-9, -18])
  })

  it('give what was seen in the structure of the state', () => {
    const { params, state } = init(net, key(3), [4])
    const { seen } = net.train(params, x(), key(0))
    expect(Object.keys(values(seen))).toEqual(Object.keys(values(state)))
    expect(Object.keys(values(absorb(0.9)(state, seen)))).toEqual(['first.centre.mean'])
  })

  it('give each layer the key folded with its name or index', () => {
    const seen: Key[] = []
    sequential({ a: noisy(seen), b: sequential({ a: noisy(seen) }), c: repeat([noisy(seen), noisy(seen)]) }).train(
      { c: [{}, {}] } as never,
      tf.zeros([1, 2]),
      key(8),
    )
    const root = key(8)
    expect(seen).toEqual([
      fold(root, 'a'),
      fold(fold(root, 'b'), 'a'),
      fold(fold(root, 'c'), 0),
      fold(fold(root, 'c'), 1),
    ])
  })

  it('leave the layers alone that have neither parameters nor state', () => {
    const plain = sequential({ relu, twice: lift((x) => tf.mul(x, 2)) })
    expectClose(plain.apply({}, tf.tensor1d([-1, 3]), {}), [0, 6])
    expectClose(plain.train({}, tf.tensor1d([-1, 3]), key(0)).y, [0, 6])
    expect(plain.train({}, tf.tensor1d([1]), key(0)).seen).toEqual({})
  })

  it('take layers with the names of what every object has', () => {
    const odd = sequential({ constructor: relu, toString: relu, valueOf: affine(2), hasOwnProperty: centre })
    const { params, state } = init(untyped(odd), key(0), [2])
    expect(Object.keys(params as object)).toEqual(['valueOf'])
    expect(untyped(odd).apply(params, tf.ones([1, 2]), state).shape).toEqual([1, 2])
  })

  it('of no layers are the identity', () => {
    const one = tf.scalar(1)
    expect(sequential({}).apply({}, one, {})).toBe(one)
    expect(repeat([]).train([], one, key(0))).toEqual({ y: one, seen: [] })
  })

  it('leave nothing alive but the output and what was seen', () => {
    const { params, state } = init(net, key(3), [4])
    const input = x()
    const before = tf.memory().numTensors
    const evaluated = net.apply(params, input, state)
    expect(tf.memory().numTensors).toBe(before + 1)
    const trained = net.train(params, input, key(0))
    expect(tf.memory().numTensors).toBe(before + 3)
    dispose([evaluated, trained])
    expect(tf.memory().numTensors).toBe(before)
    expect(input.isDisposed).toBe(false)
  })

  it('leave alone what a layer returns that it did not make: its input, a parameter, a constant', () => {
    const constant = tf.scalar(3)
    const given = tf.scalar(5)
    expect(sequential({ same: lift((x) => x) }).apply({}, given, {})).toBe(given)
    const other = sequential({ other: lift(() => constant), twice: lift((x) => tf.mul(x, 2)) })
    expectClose(other.apply({}, given, {}), [6])
    expect([constant.isDisposed, given.isDisposed]).toEqual([false, false])
  })

  it('leak nothing in a tidy', () => {
    const { params, state } = init(net, key(3), [4])
    expectNoLeak(() =>
      tf.tidy(() => {
        const { seen } = net.train(params, x(), key(0))
        net.apply(params, x(), absorb(0.9)(state, seen))
      }),
    )
  })
})

describeBackends('withState', () => {
  it('binds the state and leaves a function of parameters and input', () => {
    const state = { mean: tf.tensor1d([1, 2]) }
    const predict = withState(centre, state)
    expectTypeOf(predict).toEqualTypeOf<(params: Empty, x: Tensor) => Tensor>()
    expectClose(predict({}, tf.tensor2d([[5, 5]])), [4, 3])
  })
})

describeBackends('absorb', () => {
  it('keeps the decay of the old and takes the rest of the new', () => {
    const next = absorb(0.9)(
      { a: { mean: tf.tensor1d([1, 2]) }, b: [tf.scalar(10)] },
      { a: { mean: tf.tensor1d([11, 2]) }, b: [tf.scalar(0)] },
    )
    expectClose(next.a.mean, [2, 2])
    expectClose(next.b[0]!, [9])
  })

  it('leaves a state that sees itself, is the new at decay 0 and the old at decay 1', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.float({ min: -100, max: 100, noNaN: true }),
        fc.float({ min: -100, max: 100, noNaN: true }),
        (decay, a, b) =>
          tf.tidy(() => {
            const value = (decay: number, old: number, seen: number): number =>
              absorb(decay)({ m: tf.scalar(old) }, { m: tf.scalar(seen) }).m.dataSync()[0]!
            expect(value(decay, a, a)).toBeCloseTo(a, 3)
            expect(value(0, a, b)).toBeCloseTo(b, 5)
            expect(value(1, a, b)).toBeCloseTo(a, 5)
            const between = value(decay, a, b)
            expect(between).toBeGreaterThanOrEqual(Math.min(a, b) - 1e-3)
            expect(between).toBeLessThanOrEqual(Math.max(a, b) + 1e-3)
          }),
      ),
      { numRuns: 30 },
    )
  })

  it('folds n batches of the same moments to 1 - decay^n of the way', () => {
    const seen = { m: tf.scalar(1) }
    const after = Array.from({ length: 10 }).reduce((state: typeof seen) => absorb(0.8)(state, seen) as typeof seen, {
      m: tf.scalar(0),
    })
    expectClose(after.m, [1 - 0.8 ** 10])
  })

  it('refuses a decay outside [0, 1] and says what PyTorch calls it', () => {
    for (const decay of [-0.1, 1.1, Number.NaN])
      expect(() => absorb(decay)).toThrow(
        `absorb: decay must be from 0 to 1, not ${decay}; PyTorch's momentum is 1 - decay`,
      )
  })

  it('names the path where state and seen differ', () => {
    expect(() => absorb(0.5)<unknown>({ bn: { mean: tf.scalar(0) } }, { bn: {} })).toThrow(StructureError)
    expect(() => absorb(0.5)<unknown>({ bn: { mean: tf.scalar(0) } }, { bn: {} })).toThrow(/^bn\.mean: /)
  })
})

describe('the types of a net', () => {
  it('are inferred from its layers, without names for those that have none', () => {
    expectTypeOf<ParamsOf<typeof net>>().toEqualTypeOf<{
      readonly first: { readonly fc: Affine }
      readonly rest: readonly [Affine, Affine]
      readonly head: Affine
    }>()
    expectTypeOf<StateOf<typeof net>['first']>().toEqualTypeOf<{ readonly centre: Moments }>()
  })

  it('leave parameterless layers out of both trees', () => {
    const plain = sequential({ relu, again: sequential({ relu }) })
    expectTypeOf<ParamsOf<typeof plain>>().toEqualTypeOf<Record<never, never>>()
  })

  it('let init, withState and apply agree', () => {
    const { plan } = net
    expectTypeOf(plan([4]).params.first.fc.weight).toEqualTypeOf<Spec>()
    expectTypeOf(init<ParamsOf<typeof net>, StateOf<typeof net>>).returns.toHaveProperty('params')
    expectTypeOf(net.apply).parameter(0).toEqualTypeOf<ParamsOf<typeof net>>()
    expectTypeOf(net.train).returns.toHaveProperty('seen')
  })

  it('let layers of any trees stand in a record', () => {
    const layers: { readonly [name: string]: AnyLayer } = { relu, fc: affine(2), centre }
    expectTypeOf(sequential(layers)).toExtend<AnyLayer>()
  })
})
