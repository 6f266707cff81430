import * as tf from '@tensorflow/tfjs-core'
import { expect, expectTypeOf, it } from 'vitest'
import { dense, type DenseParams } from '@resfn/dense'
import { identityAdd } from '@resfn/identity-add'
import { absorb, init, type ParamsOf, repeat, untyped } from '@resfn/layer'
import { batchNorm, type BatchNormParams } from '@resfn/batch-norm'
import { key, normal } from '@resfn/random'
import { flatten } from '@resfn/tree'
import { describeBackends, expectClose, expectNoLeak } from '@resfn/test-utils'
import { stage } from './stage.ts'

const net = stage({ first: dense({ out: 3 }), rest: identityAdd(batchNorm()), blocks: 3 })

describeBackends('stage', () => {
  it('is its first block, then the others, each with parameters of its own', () => {
    tf.tidy(() => {
      const { params, state } = init(net, key(1), [5])
      const x = tf.tensor2d(normal(key(2), 20), [4, 5])
      const row = repeat([dense({ out: 3 }), identityAdd(batchNorm()), identityAdd(batchNorm())])
      expectClose(net.apply(params, x, state), untyped(row).apply(params, x, state), 0)
      const { y, seen } = net.train(params, x, key(0))
      expect(y.shape).toEqual([4, 3])
      expect(flatten(absorb(0.9)(state, seen)).map(({ path }) => path)).toEqual([
        '1.mean',
        '1.variance',
        '2.mean',
        '2.variance',
      ])
    })
  })

  it('leaves no tensor behind', () => {
    const { params, state } = init(net, key(1), [5])
    const x = tf.ones([2, 5])
    expectNoLeak(() => tf.tidy(() => void net.apply(params, x, state)))
  })
})

it('has the paths 0, 1, …, and the type of each block', () => {
  expect(flatten(net.plan([5]).params).map(({ path }) => path)).toEqual([
    '0.weight',
    '0.bias',
    '1.weight',
    '1.bias',
    '2.weight',
    '2.bias',
  ])
  expectTypeOf<ParamsOf<typeof net>[0]>().toEqualTypeOf<DenseParams>()
  expectTypeOf<ParamsOf<typeof net>[1]>().toEqualTypeOf<BatchNormParams>()
  expect(net.layers.length).toBe(3)
})

it('asks a function of the index for each block after the first', () => {
  const asked: number[] = []
  const row = stage({ first: dense({ out: 3 }), rest: (i) => (asked.push(i), dense({ out: i })), blocks: 4 })
  expect(asked).toEqual([1, 2, 3])
  expect(row.plan([5]).output).toEqual([3])
  expectTypeOf<ParamsOf<typeof row>[1]>().toEqualTypeOf<DenseParams>()
})

it('refuses a stage without blocks', () => {
  expect(() => stage({ first: dense({ out: 1 }), rest: dense({ out: 1 }), blocks: 0 })).toThrow(
    /stage: blocks must be a whole number of at least 1, not 0/,
  )
})
