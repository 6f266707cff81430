import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  constant,
  countValues,
  formatShape,
  type Layer,
  lift,
  ones,
  repeat,
  sameShape,
  sequential,
  type Shape,
  ShapeError,
  Spec,
  summary,
  within,
  zeros,
} from '../index.ts'

// No backend is loaded in this file: plans and summaries must not need one.

type Affine = { readonly weight: tf.Tensor; readonly bias: tf.Tensor }

const unused = (): never => {
  throw new Error('a plan must not run the layer')
}

/** A dense layer of specs alone; it takes [features]. */
const affine = (out: number): Layer<Affine> => ({
  plan: (input) => {
    if (input.length !== 1) throw new ShapeError('', `affine takes [features], but the input is ${formatShape(input)}`)
    const params = { weight: new Spec([input[0]!, out], constant(0.5)), bias: new Spec([out], zeros) }
    return { kind: 'affine', params, state: {}, output: [out], macs: input[0]! * out, parts: [] }
  },
  apply: unused,
  train: unused,
})

const scale: Layer<{ readonly gain: tf.Tensor }, { readonly count: tf.Tensor }> = {
  plan: (input) => ({
    kind: 'scale',
    params: { gain: new Spec(input, ones) },
    state: { count: new Spec([], zeros) },
    output: input,
    macs: 0,
    parts: [],
  }),
  apply: unused,
  train: unused,
}

const flat = lift(unused, { kind: 'flatten', output: (input) => [input.reduce((product, size) => product * size, 1)] })

const net = sequential({
  flat,
  hidden: sequential({ fc: affine(4), scale, act: lift(unused) }),
  rest: repeat([affine(4), affine(4)]),
  head: affine(2),
})

describe('a plan', () => {
  it('needs no backend and makes no tensor', () => {
    expect(Object.keys(tf.engine().registryFactory)).toEqual([])
    net.plan([2, 3])
    summary(net, [2, 3])
    expect(tf.engine().state.numTensors).toBe(0)
  })

  it('has the specs of parameters and state, without branches for layers that have none', () => {
    const { params, state, output, macs, parts } = net.plan([2, 3])
    expect(Object.keys(params)).toEqual(['hidden', 'rest', 'head'])
    expect(Object.keys(params.hidden)).toEqual(['fc', 'scale'])
    expect(params.hidden.fc.weight.shape).toEqual([6, 4])
    expect(params.rest.map(({ weight }) => weight.shape)).toEqual([
      [4, 4],
      [4, 4],
    ])
    expect(state).toEqual({ hidden: { scale: { count: new Spec([], zeros) } }, rest: [{}, {}] })
    expect(output).toEqual([2])
    expect(macs).toBe(24 + 16 + 16 + 8)
    expect(parts.map(({ name }) => name)).toEqual(['flat', 'hidden', 'rest', 'head'])
  })

  it('of no layers is the identity', () => {
    expect(sequential({}).plan([3])).toEqual({
      kind: 'sequential',
      params: {},
      state: {},
      output: [3],
      macs: 0,
      parts: [],
    })
    expect(repeat([]).plan([3])).toEqual({ kind: 'repeat', params: [], state: [], output: [3], macs: 0, parts: [] })
  })

  it('keeps each part in the order of the record', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z_$][a-zA-Z0-9_$]*$/), { maxLength: 6 }), (names) => {
        fc.pre(!names.includes('__proto__'))
        const plan = sequential(Object.fromEntries(names.map((name, i) => [name, affine(i + 1)]))).plan([2])
        expect(plan.parts.map(({ name }) => name)).toEqual(names)
        expect(Object.keys(plan.params)).toEqual(names)
      }),
    )
  })
})

describe('a ShapeError', () => {
  it('carries the path through sequential and repeat', () => {
    const deep = sequential({
      stem: flat,
      layer1: repeat([
        affine(3),
        sequential({ conv: affine(2), wrong: lift(unused, { output: () => [2, 2] }), next: affine(1) }),
      ] as Layer<unknown>[]),
    })
    expect(() => deep.plan([5])).toThrow('layer1.1.next: affine takes [features], but the input is [2,2]')
    try {
      deep.plan([5])
    } catch (error) {
      expect(error).toMatchObject({
        _tag: 'ShapeError',
        name: 'ShapeError',
        path: 'layer1.1.next',
        reason: 'affine takes [features], but the input is [2,2]',
      })
      return
    }
    expect.unreachable()
  })

  it('has no path at the root', () => {
    expect(() => affine(1).plan([1, 2])).toThrow(/^affine takes \[features\], but the input is \[1,2\]$/)
  })

  it('is thrown by init and summary alike', () => {
    expect(() => summary(net, [])).not.toThrow()
    expect(() => summary(sequential({ fc: affine(1) }), [2, 2])).toThrow(ShapeError)
  })

  it('is the only error whose path within lengthens', () => {
    expect(() =>
      within('a', () =>
        within('b', () => {
          throw new ShapeError('c', 'why')
        }),
      ),
    ).toThrow(/^a\.b\.c: why$/)
    const other = new Error('disk full')
    expect(() =>
      within('a', () => {
        throw other
      }),
    ).toThrow(other)
    expect(within('a', () => 7)).toBe(7)
  })
})

describe('sequential', () => {
  it.each(['0', '12', 'a.b', '', '__proto__'])('refuses the name "%s"', (name) => {
    const layers = Object.fromEntries([[name, affine(1)]])
    expect(() => sequential(layers)).toThrow(
      `sequential: the name "${name}" cannot be used; use a name that is not a number and has no dot`,
    )
    expect(() => sequential(layers)).toThrow(RangeError)
  })
})

describe('a summary', () => {
  it('has a row for each part, outer before inner, with paths, depths and numbers', () => {
    expect(summary(net, [2, 3])).toEqual({
      input: [2, 3],
      output: [2],
      params: 28 + 4 + 20 + 20 + 10,
      buffers: 1,
      macs: 64,
      rows: [
        { path: 'flat', kind: 'flatten', depth: 0, output: [6], params: 0, macs: 0 },
        { path: 'hidden', kind: 'sequential', depth: 0, output: [4], params: 32, macs: 24 },
        { path: 'hidden.fc', kind: 'affine', depth: 1, output: [4], params: 28, macs: 24 },
        { path: 'hidden.scale', kind: 'scale', depth: 1, output: [4], params: 4, macs: 0 },
        { path: 'hidden.act', kind: 'lift', depth: 1, output: [4], params: 0, macs: 0 },
        { path: 'rest', kind: 'repeat', depth: 0, output: [4], params: 40, macs: 32 },
        { path: 'rest.0', kind: 'affine', depth: 1, output: [4], params: 20, macs: 16 },
        { path: 'rest.1', kind: 'affine', depth: 1, output: [4], params: 20, macs: 16 },
        { path: 'head', kind: 'affine', depth: 0, output: [2], params: 10, macs: 8 },
      ],
    })
  })

  it('has rows of the outermost depth that add up to the whole', () => {
    const { rows, params, macs } = summary(net, [4, 4])
    const outer = rows.filter(({ depth }) => depth === 0)
    expect(outer.reduce((sum, row) => sum + row.params, 0)).toBe(params)
    expect(outer.reduce((sum, row) => sum + row.macs, 0)).toBe(macs)
  })
})

describe('shapes', () => {
  it('are compared size by size and printed without blanks', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9)), fc.array(fc.nat(9)), (a: Shape, b: Shape) => {
        expect(sameShape(a, [...a])).toBe(true)
        expect(sameShape(a, b)).toBe(formatShape(a) === formatShape(b))
      }),
    )
    expect(formatShape([28, 28, 1])).toBe('[28,28,1]')
  })

  it('count values: a scalar is one, and an empty tree none', () => {
    expect(countValues({ a: new Spec([2, 3], zeros), b: [new Spec([], zeros)] })).toBe(7)
    expect(countValues({})).toBe(0)
  })
})
