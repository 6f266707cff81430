import * as tf from '@tensorflow/tfjs-core'
import { applyDense, dense } from '@resfn/dense'
import { dropout } from '@resfn/dropout'
import { init, lift, repeat, sequential, skip, sum, summary } from '@resfn/layer'
import { globalAvgPool } from '@resfn/pool'
import { key } from '@resfn/random'
import { bitsOf, describeBackends, draw } from '@resfn/test-utils'
import { flatten } from '@resfn/tree'
import { describe, expect, it } from 'vitest'
import { input, learned, net } from './fixtures/nets.ts'
import { embed, headPath, initHead, SurgeryError, withHead } from './index.ts'

const halved = lift((x) => tf.mul(x, 0.5), { kind: 'halved' })

describeBackends('the head', () => {
  it('on the embedding is the net, to the bit', () => {
    tf.tidy(() => {
      const { params, state } = init(net, key(0), input)
      const x = draw(1, 2, ...input)
      const pooled = embed(net).apply(params, x, state)
      expect(pooled.shape).toEqual([2, 8])
      expect(bitsOf(applyDense(params.fc, pooled))).toEqual(bitsOf(net.apply(params, x, state)))
    })
  })

  it('is new, and all else is what it was: paths, tensors, features', () => {
    tf.tidy(() => {
      const trees = learned()
      const other = withHead(net, 7)
      const own = initHead(other, trees, key(5), input)
      const leaves = (tree: unknown): ReadonlyMap<string, unknown> =>
        new Map(flatten(tree).map(({ path, leaf }) => [path, leaf]))
      const [before, after] = [leaves(trees.params), leaves(own.params)]
      expect([...after.keys()]).toEqual([...before.keys()])
      for (const [path, leaf] of after) expect(leaf === before.get(path)).toBe(!path.startsWith('fc.'))
      expect(flatten(own.state)).toEqual(flatten(trees.state))
      const drawn = init(other, key(5), input).params as { readonly fc: { readonly weight: tf.Tensor } }
      expect(bitsOf((own.params as typeof drawn).fc.weight)).toEqual(bitsOf(drawn.fc.weight))
      const x = draw(1, 2, ...input)
      expect(other.apply(own.params, x, own.state).shape).toEqual([2, 7])
      expect(bitsOf(embed(other).apply(own.params, x, own.state))).toEqual(
        bitsOf(embed(net).apply(trees.params, x, trees.state)),
      )
    })
  })

  it('is drawn anew where the number of classes stays', () => {
    tf.tidy(() => {
      const trees = learned()
      const own = initHead(withHead(net, 3), trees, key(5), input).params as { readonly fc: object }
      expect(own.fc).not.toEqual((trees.params as typeof own).fc)
    })
  })
})

describe('the head', () => {
  it('is found by what it is: a matrix at the end, before parts that take a vector', () => {
    const body = { pool: globalAvgPool, drop: dropout({ rate: 0.1 }) }
    expect(headPath(sequential({ ...body, linear: dense({ out: 3 }), halved }))).toBe('linear')
    expect(
      headPath(sequential({ ...body, head: sequential({ drop: dropout({ rate: 0.1 }), fc: dense({ out: 3 }) }) })),
    ).toBe('head.fc')
    expect(headPath(repeat([globalAvgPool, dense({ out: 3 })]))).toBe('1')
  })

  it('goes with what follows it, and stays before what follows it', () => {
    const scaled = sequential({ pool: globalAvgPool, linear: dense({ out: 3, bias: false }), halved })
    expect(embed(scaled).plan(input).output).toEqual([3])
    expect(
      summary(embed(scaled), input)
        .rows.map(({ kind }) => kind)
        .slice(1),
    ).toEqual(['identity', 'identity'])
    const other = withHead(scaled, 2)
    expect(
      summary(other, input)
        .rows.map(({ kind }) => kind)
        .slice(1),
    ).toEqual(['dense', 'halved'])
    expect(flatten(other.plan(input).params).map(({ path }) => path)).toEqual(['linear.weight'])
  })

  it('is missing in a net that does not end so', () => {
    const wrong = [
      sequential({ pool: globalAvgPool }),
      sequential({ fc: dense({ out: 3 }), late: skip(sum)(dense({ out: 3 })) }),
      skip(sum)(sequential({ fc: dense({ out: 3 }) })),
      dense({ out: 3 }),
    ]
    for (const one of wrong) {
      expect(() => embed(one)).toThrow(SurgeryError)
      expect(() => withHead(one, 2)).toThrow(/^this net has no head: a dense layer at its end/)
    }
  })

  it('has at least one class', () => {
    expect(() => withHead(net, 0)).toThrow(/out must be a whole number of at least 1/)
  })
})
