import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { batchNorm, type BatchNormParams, type BatchNormState } from '@resfn/batch-norm'
import { type Empty, init, type Layer, lift, sequential, ShapeError } from '@resfn/layer'
import { OptionsError } from '@resfn/options'
import { maxPool } from '@resfn/pool'
import { key } from '@resfn/random'
import {
  checkGradients,
  describeBackends,
  draw,
  expectClose,
  expectNoLeak,
  gradientOf,
  readFixture,
  tensorOf,
  type Values,
} from '@resfn/test-utils'
import { applyResize, keepSize, resize, type ResizeMethod, type ResizeOptions } from './resize.ts'

type Case = { readonly method: ResizeMethod } & { readonly [name in 'x' | 'y' | 'dy' | 'dx']: Values }
const { cases } = readFixture<{ readonly cases: readonly Case[] }>(new URL('./fixtures/torch.json', import.meta.url))
const methods: readonly ResizeMethod[] = ['bilinear', 'bilinear-corners', 'nearest']

describeBackends('resize', () => {
  it.each(
    cases.map(
      (example) =>
        [`${example.method} from ${example.x.shape.join('x')} to ${example.y.shape.join('x')}`, example] as const,
    ),
  )('equals PyTorch in value and gradient: %s', (_, { method, x, y, dy, dx }) => {
    const [, height, width] = y.shape as [number, number, number]
    const layer = resize({ height, width, method })
    const result = layer.apply({}, tensorOf(x), {})
    expect(result.shape).toEqual(y.shape)
    expectClose(result, y.values, 1e-5)
    expectClose(
      gradientOf((at) => layer.apply({}, at, {}), tensorOf(x), tensorOf(dy)),
      dx.values,
      1e-5,
    )
  })

  it('fills the image from one pixel, and keeps an image of constant colour', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...methods),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (method, height, width, single) => {
          tf.tidy(() => {
            const x = tf.fill(single ? [1, 1, 1, 2] : [1, 4, 3, 2], 1.5)
            expectClose(applyResize(x, { height, width, method }), tf.fill([1, height, width, 2], 1.5), 1e-6)
          })
        },
      ),
      { numRuns: 30 },
    )
  })

  it('keeps the corners where it aligns them', () => {
    tf.tidy(() => {
      const x = draw(1, 1, 4, 3, 1)
      const y = applyResize(x, { height: 9, width: 8, method: 'bilinear-corners' }).arraySync() as number[][][][]
      const from = x.arraySync() as number[][][][]
      for (const [i, j] of [
        [0, 0],
        [0, -1],
        [-1, 0],
        [-1, -1],
      ] as const)
        expect(y[0]!.at(i)!.at(j)![0]).toBeCloseTo(from[0]!.at(i)!.at(j)![0]!, 5)
    })
  })

  it('has the gradients of finite differences', () => {
    for (const method of methods) {
      const f = (x: tf.Tensor): tf.Tensor => tf.sum(tf.square(applyResize(x, { height: 5, width: 2, method })))
      const x = draw(2, 1, 3, 4, 2)
      checkGradients(f, x, gradientOf(f, x))
    }
  })

  it('is linear: what it takes forward, its gradient takes back, <R x, dy> = <x, R’ dy>', () => {
    tf.tidy(() => {
      for (const method of methods) {
        const layer = resize({ height: 5, width: 7, method })
        const [x, dy] = [draw(3, 2, 3, 4, 2), draw(4, 2, 5, 7, 2)]
        const back = gradientOf((at) => layer.apply({}, at, {}), x, dy)
        expectClose(tf.sum(tf.mul(back, x)), tf.sum(tf.mul(layer.apply({}, x, {}), dy)), 1e-4)
      }
    })
  })

  it('leaves no tensor behind, gradients included', () => {
    const x = draw(5, 1, 4, 4, 2)
    const layer = keepSize(maxPool({ size: 2 }))
    expectNoLeak(() => tf.tidy(() => void gradientOf((at) => layer.apply({}, at, {}), x)))
  })
})

describeBackends('keepSize', () => {
  it('brings the output of its layer back to the size of the input, in evaluation and training', () => {
    tf.tidy(() => {
      const down = sequential({ pool: maxPool({ size: 2 }), bn: batchNorm() })
      const net = keepSize(down, { method: 'bilinear-corners' })
      const x = draw(6, 2, 7, 5, 3)
      const { params, state } = init(net, key(0), [7, 5, 3])
      const back = (y: tf.Tensor): tf.Tensor => applyResize(y, { height: 7, width: 5, method: 'bilinear-corners' })
      expectClose(net.apply(params, x, state), back(down.apply(params, x, state)), 0)
      const [trained, inner] = [net.train(params, x, key(0)), down.train(params, x, key(0))]
      expectClose(trained.y, back(inner.y), 0)
      expectClose(trained.seen.bn.mean, inner.seen.bn.mean, 0)
    })
  })
})

describe('the plan of resize', () => {
  it('has no parameters and the size that it is given', () => {
    expect(resize({ height: 14, width: 9 }).plan([7, 7, 64])).toMatchObject({
      kind: 'resize 14x9',
      output: [14, 9, 64],
      params: {},
      macs: 0,
    })
    expectTypeOf(resize({ height: 1, width: 1 })).toEqualTypeOf<Layer<Empty>>()
    expectTypeOf(applyResize).parameters.toEqualTypeOf<[x: tf.Tensor, options: ResizeOptions]>()
  })

  it('follows the size of the input in keepSize, under the names of the inner layer', () => {
    const net = keepSize(sequential({ bn: batchNorm(), pool: maxPool({ size: 3, stride: 2 }) }))
    expect(net.plan([9, 7, 2])).toMatchObject({ output: [9, 7, 2], kind: 'sequential, resize 9x7' })
    expect(Object.keys(net.plan([9, 7, 2]).params)).toEqual(['bn'])
    expectTypeOf(net).toEqualTypeOf<Layer<{ readonly bn: BatchNormParams }, { readonly bn: BatchNormState }>>()
  })

  it('says what it cannot take', () => {
    expect(() => sequential({ up: resize({ height: 2, width: 2 }) }).plan([5])).toThrow(
      new ShapeError('up', 'resize takes [height,width,channels], but the input is [5]'),
    )
    expect(() => keepSize(lift((x) => x)).plan([5])).toThrow('keepSize takes [height,width,channels]')
    expect(() => resize({ height: 0, width: 2 })).toThrow(
      new OptionsError('resize: height must be a whole number of at least 1, not 0'),
    )
    expect(() => keepSize(resize({ height: 1, width: 1 }), { method: 'cubic' as 'nearest' })).toThrow(
      "keepSize: method must be one of 'bilinear', 'bilinear-corners', 'nearest', not 'cubic'",
    )
    expect(() => applyResize(tf.ones([4, 4, 1]), { height: 2, width: 2 })).toThrow('add the batch axis')
    expect(() => applyResize(tf.ones([1, 4, 4, 1]), { height: 2, widht: 2 } as never)).toThrow('did you mean width?')
  })
})
