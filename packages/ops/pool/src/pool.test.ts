import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Empty, type Layer, sequential, ShapeError } from '@resfn/layer'
import { OptionsError } from '@resfn/options'
import { checkGradients, describeBackends, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import {
  applyAvgPool,
  applyGlobalAvgPool,
  applyMaxPool,
  avgPool,
  globalAvgPool,
  maxPool,
  type PoolOptions,
} from './pool.ts'

type Values = { readonly shape: number[]; readonly values: number[] }
type Kind = 'maxPool' | 'avgPool'
type Case = Required<PoolOptions> & { readonly kind: Kind } & { readonly [name in 'x' | 'y' | 'dy' | 'dx']: Values }
const { cases } = JSON.parse(readFileSync(new URL('./fixtures/torch.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Case[]
}
const tensorOf = ({ shape, values }: Values): tf.Tensor => tf.tensor(values, shape, 'float32')
const pools = { maxPool, avgPool }

const pullBack = (layer: Layer<Empty>, x: tf.Tensor, dy: tf.Tensor | number): tf.Tensor =>
  gradientOf((at) => layer.apply({}, at, {}), x, dy)

/** Pooling by its definition: cells outside of the image never win a maximum and count as zeros in a mean. */
const naive = (
  kind: Kind,
  { size, stride, padding }: Required<PoolOptions>,
  x: readonly number[],
  [batch, height, width, channels]: readonly number[],
): number[] => {
  const along = (extent: number): number => Math.floor((extent + 2 * padding - size) / stride) + 1
  const y: number[] = []
  for (let n = 0; n < batch!; n++)
    for (let i = 0; i < along(height!); i++)
      for (let j = 0; j < along(width!); j++)
        for (let c = 0; c < channels!; c++) {
          const cells: number[] = []
          for (let row = stride * i - padding; row < stride * i - padding + size; row++)
            for (let column = stride * j - padding; column < stride * j - padding + size; column++)
              if (row >= 0 && column >= 0 && row < height! && column < width!)
                cells.push(x[((n * height! + row) * width! + column) * channels! + c]!)
          y.push(kind === 'maxPool' ? Math.max(...cells) : cells.reduce((sum, cell) => sum + cell, 0) / (size * size))
        }
  return y
}

const problem = fc
  .record({
    batch: fc.constantFrom(1, 2),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    channels: fc.integer({ min: 1, max: 5 }),
    size: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 2 }),
  })
  .filter(({ height, width, size, padding }) => padding <= size / 2 && Math.min(height, width) + 2 * padding >= size)
  .chain((d) =>
    fc.tuple(
      fc.constant(d),
      fc.array(fc.integer({ min: -50, max: 50 }), {
        minLength: d.batch * d.height * d.width * d.channels,
        maxLength: d.batch * d.height * d.width * d.channels,
      }),
    ),
  )

describeBackends('pooling', () => {
  it.each(
    cases.map(
      (example) =>
        [
          `${example.kind} ${example.size}x${example.size} /${example.stride} padded by ${example.padding} of ${example.x.shape.join('x')}`,
          example,
        ] as const,
    ),
  )('equals PyTorch in value and gradient: %s', (_, example) => {
    const { size, stride, padding } = example
    const layer = pools[example.kind]({ size, stride, padding })
    const y = layer.apply({}, tensorOf(example.x), {})
    expect(y.shape).toEqual(example.y.shape)
    expectClose(y, example.y.values, 1e-6)
    expectClose(pullBack(layer, tensorOf(example.x), tensorOf(example.dy)), example.dx.values, 1e-6)
  })

  it.each(['maxPool', 'avgPool'] as const)('%s equals its definition at any size, stride and padding', (kind) => {
    fc.assert(
      fc.property(problem, ([d, values]) => {
        tf.tidy(() => {
          const shape: [number, number, number, number] = [d.batch, d.height, d.width, d.channels]
          const { size, stride, padding } = d
          const layer = pools[kind]({ size, stride, padding })
          const y = layer.apply({}, tf.tensor4d(values, shape), {})
          expect(y.shape).toEqual([d.batch, ...layer.plan(shape.slice(1)).output])
          expectClose(y, naive(kind, d, values, shape), 2e-6)
        })
      }),
      { numRuns: 60 },
    )
  })

  it('average pooling hands out exactly the gradient that came in, where no pixel is dropped', () => {
    tf.tidy(() => {
      const dy = tf.reshape(tf.linspace(-2, 3, 18), [1, 3, 3, 2])
      expectClose(tf.sum(pullBack(avgPool({ size: 2 }), tf.ones([1, 6, 6, 2]), dy)), tf.sum(dy), 1e-5)
    })
  })

  it('average pooling has the gradient of finite differences, also with padding', () => {
    const layer = avgPool({ size: 3, stride: 2, padding: 1 })
    const params = {
      x: tf.tensor4d(
        Float32Array.from({ length: 32 }, (_, i) => Math.sin(3 * i)),
        [1, 4, 4, 2],
      ),
    }
    const f = (tree: typeof params): tf.Tensor => tf.sum(tf.square(layer.apply({}, tree.x, {})))
    checkGradients(f, params, gradientOf(f, params))
  })

  it('max pooling gives the gradient of equal values to the first of them alone', () => {
    expect([...pullBack(maxPool({ size: 2 }), tf.ones([1, 2, 4, 1]), 1).dataSync()]).toEqual([1, 0, 1, 0, 0, 0, 0, 0])
  })

  it('max pooling of negative values takes the largest of them, not the padding', () => {
    expect([
      ...maxPool({ size: 3, stride: 2, padding: 1 })
        .apply({}, tf.fill([1, 4, 4, 1], -5), {})
        .dataSync(),
    ]).toEqual([-5, -5, -5, -5])
  })

  it('global average pooling is the mean of each channel, with the gradient shared out evenly', () => {
    tf.tidy(() => {
      const x = tf.tensor4d([1, 10, 2, 20, 3, 30, 6, 60], [1, 2, 2, 2])
      expect(globalAvgPool.apply({}, x, {}).arraySync()).toEqual([[3, 30]])
      expect([...pullBack(globalAvgPool, x, tf.tensor2d([[4, 8]])).dataSync()]).toEqual([1, 2, 1, 2, 1, 2, 1, 2])
    })
  })

  it('leaves no tensor behind, gradients included', () => {
    const x = tf.ones([1, 4, 4, 2])
    for (const layer of [
      maxPool({ size: 3, stride: 2, padding: 1 }),
      avgPool({ size: 3, stride: 2, padding: 1 }),
      globalAvgPool,
    ])
      expectNoLeak(() => tf.tidy(() => void pullBack(layer, x, 1)))
  })
})

describe('wrong input of pooling', () => {
  it('is one sample, vectors, integers or a misspelt option', () => {
    for (const [name, apply] of [
      ['maxPool', (x: tf.Tensor) => applyMaxPool(x, { size: 2 })],
      ['avgPool', (x: tf.Tensor) => applyAvgPool(x, { size: 2 })],
      ['globalAvgPool', applyGlobalAvgPool],
    ] as const) {
      expect(() => apply(tf.ones([4, 4, 1]))).toThrow(
        new ShapeError(
          '',
          `${name} takes [batch,height,width,channels], but the input is [4,4,1]; add the batch axis with tf.expandDims(x, 0)`,
        ),
      )
      expect(() => apply(tf.ones([4, 4]))).toThrow(
        `${name} takes [batch,height,width,channels], but the input is [4,4]`,
      )
      expect(() => apply(tf.ones([1, 4, 4, 1], 'int32'))).toThrow(`${name} takes float32, but the input is int32`)
      const gone = tf.ones([1, 4, 4, 1])
      gone.dispose()
      expect(() => apply(gone)).toThrow(`the input of ${name} is disposed`)
    }
    expect(() => applyMaxPool(tf.ones([1, 4, 4, 1]), { size: 2, strides: 1 } as never)).toThrow(
      'applyMaxPool: there is no option strides; did you mean stride?',
    )
    expect(() => sequential({ pool: maxPool({ size: 2 }) }).apply({}, tf.ones([4, 4, 1]), {})).toThrow(
      'pool: maxPool takes',
    )
  })

  it('has options last', () => {
    expectTypeOf(applyMaxPool).parameters.toEqualTypeOf<[x: tf.Tensor, options: PoolOptions]>()
    expectTypeOf(applyAvgPool).parameters.toEqualTypeOf<[x: tf.Tensor, options: PoolOptions]>()
    expectTypeOf(applyGlobalAvgPool).parameters.toEqualTypeOf<[x: tf.Tensor]>()
  })

  it('is what the layers and the bare functions agree on', () => {
    const x = tf.reshape(tf.linspace(-2, 3, 32), [1, 4, 4, 2])
    const options = { size: 3, stride: 2, padding: 1 }
    expectClose(applyMaxPool(x, options), maxPool(options).apply({}, x, {}), 0)
    expectClose(applyAvgPool(x, options), avgPool(options).apply({}, x, {}), 0)
  })
})

describe('the plan of pooling', () => {
  it('has no parameters, and the shapes of PyTorch', () => {
    expect(maxPool({ size: 3, stride: 2, padding: 1 }).plan([112, 112, 64])).toMatchObject({
      output: [56, 56, 64],
      params: {},
      macs: 0,
      kind: 'maxPool 3x3 /2',
    })
    expect(avgPool({ size: 2 }).plan([7, 9, 3]).output).toEqual([3, 4, 3])
    expect(globalAvgPool.plan([7, 7, 512]).output).toEqual([512])
    expectTypeOf(maxPool({ size: 2 })).toEqualTypeOf<Layer<Empty>>()
  })

  it('says which inputs and options it cannot take', () => {
    expect(() => sequential({ pool: maxPool({ size: 3 }) }).plan([2, 5, 1])).toThrow(
      new ShapeError(
        'pool',
        'the 3x3 window is larger than the input [2,5,1] with padding 0; use a smaller window or more padding',
      ),
    )
    expect(() => avgPool({ size: 2 }).plan([5])).toThrow('avgPool takes [height,width,channels], but the input is [5]')
    expect(() => globalAvgPool.plan([5])).toThrow('globalAvgPool takes [height,width,channels], but the input is [5]')
    expect(() => maxPool({ size: 2, padding: 2 })).toThrow(
      new OptionsError('maxPool: padding must be at most half of the size 2, not 2'),
    )
    expect(() => avgPool({ size: 0 })).toThrow('avgPool: size must be a whole number of at least 1, not 0')
    expect(() => maxPool({ size: 2, stride: 1.5 })).toThrow(
      'maxPool: stride must be a whole number of at least 1, not 1.5',
    )
  })
})
