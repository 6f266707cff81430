import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Empty, type Layer, sequential } from '@resfn/layer'
import { key, normal } from '@resfn/random'
import {
  checkGradients,
  describeBackends,
  expectClose,
  expectNoLeak,
  gradientOf,
  readFixture,
  tensorOf,
  type Values,
} from '@resfn/test-utils'
import { applyBlurPool, blurPool } from './blur-pool.ts'

type Case = { readonly size: number; readonly stride: number } & { readonly [name in 'x' | 'y' | 'dy' | 'dx']: Values }
const { cases } = readFixture<{ readonly cases: readonly Case[] }>(new URL('./fixtures/timm.json', import.meta.url))

describeBackends('blurPool', () => {
  it.each(
    cases.map((example) => [`${example.size} /${example.stride} of ${example.x.shape.join('x')}`, example] as const),
  )('equals timm in value and gradient: %s', (_, { size, stride, x, y, dy, dx }) => {
    const layer = blurPool({ size, stride })
    const blurred = layer.apply({}, tensorOf(x), {})
    expect(blurred.shape).toEqual(y.shape)
    expect(layer.plan(x.shape.slice(1)).output).toEqual(y.shape.slice(1))
    expectClose(blurred, y.values, 1e-6)
    expectClose(
      gradientOf((at) => layer.apply({}, at, {}), tensorOf(x), tensorOf(dy)),
      dx.values,
      2e-6,
    )
  })

  it('keeps a constant image, whatever the filter', () => {
    for (const size of [2, 3, 4, 5, 6, 7]) {
      const y = applyBlurPool(tf.fill([1, 8, 9, 2], 3), { size })
      expectClose(y, new Float32Array(y.size).fill(3), 1e-6)
    }
  })

  it('makes a shift of the input by one stride a shift of the output, and takes the highest frequency out', () => {
    tf.tidy(() => {
      const checkers = tf.tensor4d(
        Float32Array.from({ length: 64 }, (_, i) => ((i + Math.floor(i / 8)) % 2 === 0 ? 1 : -1)),
        [1, 8, 8, 1],
      )
      expectClose(tf.add(applyBlurPool(checkers), 1), new Float32Array(16).fill(1), 1e-6)
      const x = tf.tensor(normal(key(0), 100), [1, 10, 10, 1])
      const [whole, moved] = [applyBlurPool(x), applyBlurPool(tf.slice(x, [0, 2, 0, 0], [1, 8, 10, 1]))]
      expectClose(tf.slice(moved, [0, 1, 0, 0], [1, 3, 5, 1]), tf.slice(whole, [0, 2, 0, 0], [1, 3, 5, 1]), 1e-5)
    })
  })

  it('has the gradient of finite differences', () => {
    const tree = { x: tf.tensor(normal(key(1), 40), [1, 5, 4, 2]) }
    const f = ({ x }: typeof tree): tf.Tensor => tf.sum(tf.square(applyBlurPool(x)))
    checkGradients(f, tree, gradientOf(f, tree))
  })

  it('leaves no tensor behind, gradients included', () => {
    const x = tf.ones([1, 6, 6, 2])
    expectNoLeak(() => tf.tidy(() => void gradientOf((at) => applyBlurPool(at), x)))
  })
})

describe('the plan of blurPool', () => {
  it('halves the image and has no parameters', () => {
    expect(blurPool().plan([56, 57, 64])).toMatchObject({ kind: 'blurPool 3x3 /2', output: [28, 29, 64], params: {} })
    expect(blurPool({ stride: 1 }).plan([8, 8, 2]).output).toEqual([8, 8, 2])
    expectTypeOf(blurPool()).toEqualTypeOf<Layer<Empty>>()
  })

  it('says what it cannot take', () => {
    expect(() => sequential({ blur: blurPool() }).plan([1, 8, 2])).toThrow(
      'blur: blurPool mirrors 1 pixels at each edge, but the input [1,8,2] has no more; use a smaller filter, or leave the blur out',
    )
    expect(() => blurPool({ size: 2, stride: 1 }).plan([1, 8, 2])).toThrow(
      'the 2x2 filter is larger than the input [1,8,2] with padding 0',
    )
    expect(() => applyBlurPool(tf.ones([4, 4, 1]))).toThrow('blurPool takes [batch,height,width,channels]')
    expect(() => blurPool({ size: 1 })).toThrow('blurPool: size must be a whole number of at least 2, not 1')
    expect(() => blurPool({ filter: 3 } as never)).toThrow('there is no option filter')
  })
})
