import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Empty, type Layer, sequential, ShapeError } from '@resfn/layer'
import { OptionsError } from '@resfn/options'
import {
  checkGradients,
  describeBackends,
  expectClose,
  expectNoLeak,
  gradientOf,
  readFixture,
  relativeError,
  tensorOf,
  type Values,
} from '@resfn/test-utils'
import { applyAvgPool, avgPool, type AvgPoolOptions } from './avg-pool.ts'
import { applyMaxPool, maxPool } from './max-pool.ts'
import type { PoolOptions } from './window.ts'

type Kind = 'maxPool' | 'avgPool'
type Case = { readonly kind: Kind; readonly options: AvgPoolOptions } & {
  readonly [name in 'x' | 'y' | 'dy' | 'dx']: Values
}
const { windows: cases } = readFixture<{ readonly windows: readonly Case[] }>(
  new URL('./fixtures/torch.json', import.meta.url),
)
const pools = { maxPool, avgPool }

const pullBack = (layer: Layer<Empty>, x: tf.Tensor, dy: tf.Tensor | number): tf.Tensor =>
  gradientOf((at) => layer.apply({}, at, {}), x, dy)

/** The windows along one axis as PyTorch documents them: first pixel, and pixel after the last. */
const along = (extent: number, { size, stride = size, padding = 0, ceilMode = false }: PoolOptions) => {
  const windows: (readonly [from: number, to: number])[] = []
  for (let from = -padding; ; from += stride) {
    const fits = from + size <= extent + padding
    const startsInside = from < extent
    // With ceilMode the last window is the first that covers the end of the padded image.
    const isNew = windows.length === 0 || windows.at(-1)![1] < extent + padding
    if (!fits && !(ceilMode && startsInside && isNew && from + size - stride < extent + padding)) return windows
    windows.push([from, from + size])
  }
}

/** The cells of every window, row by row, as indices into an image of one channel, and what a mean divides by. */
const cellsOf = (height: number, width: number, options: AvgPoolOptions) => {
  const { padding = 0, countIncludePad = true } = options
  return along(height, options).flatMap(([top, bottom]) =>
    along(width, options).map(([left, right]) => {
      const cells: number[] = []
      let divisor = 0
      for (let row = top; row < bottom; row++)
        for (let column = left; column < right; column++) {
          const isInside = row >= 0 && column >= 0 && row < height && column < width
          const isPadding = !isInside && row < height + padding && column < width + padding
          if (isInside) cells.push(row * width + column)
          if (isInside || (isPadding && countIncludePad)) divisor++
        }
      return { cells, divisor }
    }),
  )
}

/** Pooling by its definition: cells outside of the image never win a maximum and count as zeros in a mean. */
const naive = (kind: Kind, height: number, width: number, options: AvgPoolOptions, x: ArrayLike<number>): number[] =>
  cellsOf(height, width, options).map(({ cells, divisor }) => {
    const values = cells.map((cell) => x[cell]!)
    return kind === 'maxPool' ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0) / divisor
  })

/** Its gradient: a maximum sends it to the first largest cell, a mean to all. */
const naiveGradient = (
  kind: Kind,
  height: number,
  width: number,
  options: AvgPoolOptions,
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
): number[] => {
  const dx = Array.from({ length: height * width }, () => 0)
  cellsOf(height, width, options).forEach(({ cells, divisor }, i) => {
    const winner = cells.reduce((best, cell) => (x[cell]! > x[best]! ? cell : best))
    if (kind === 'maxPool') dx[winner]! += dy[i]!
    else for (const cell of cells) dx[cell]! += dy[i]! / divisor
  })
  return dx
}

/** Every window of at most 5 on images of 1 to 5 pixels. */
const everyWindow: readonly PoolOptions[] = [1, 2, 3, 4, 5].flatMap((size) =>
  [1, 2, 3].flatMap((stride) =>
    [0, 1, 2]
      .filter((padding) => padding <= size / 2)
      .flatMap((padding) => [false, true].map((ceilMode) => ({ size, stride, padding, ceilMode }))),
  ),
)
const images = [1, 2, 3, 4, 5].flatMap((height) =>
  [6 - height, (height % 5) + 1].map((width) => [height, width] as const),
)

describeBackends('pooling', () => {
  it.each(
    cases.map(
      (example) =>
        [`${example.kind} ${JSON.stringify(example.options)} of ${example.x.shape.join('x')}`, example] as const,
    ),
  )('equals PyTorch in value and gradient: %s', (_, { kind, options, ...example }) => {
    const layer = pools[kind](options)
    const y = layer.apply({}, tensorOf(example.x), {})
    expect(y.shape).toEqual(example.y.shape)
    expect(layer.plan(example.x.shape.slice(1)).output).toEqual(example.y.shape.slice(1))
    expectClose(y, example.y.values, 1e-6)
    expectClose(pullBack(layer, tensorOf(example.x), tensorOf(example.dy)), example.dx.values, 1e-6)
  })

  it.each(['maxPool', 'avgPool'] as const)(
    '%s and its gradient equal their definition at every size, stride, padding and rounding',
    (kind) => {
      for (const [height, width] of images)
        for (const window of everyWindow)
          for (const options of kind === 'avgPool' && (window.ceilMode || window.padding! > 0)
            ? [window, { ...window, countIncludePad: false }]
            : [window]) {
            if (along(height, window).length === 0 || along(width, window).length === 0) {
              expect(() => pools[kind](options).plan([height, width, 1])).toThrow('is larger than the input')
              continue
            }
            const values = Float32Array.from(
              { length: height * width },
              (_, i) => Math.round(20 * Math.sin(7 * i + 1)) - 10,
            )
            tf.tidy(() => {
              const layer = pools[kind](options)
              const x = tf.tensor4d(values, [1, height, width, 1])
              const y = layer.apply({}, x, {})
              const what = JSON.stringify({ height, width, ...options })
              expect(y.shape, what).toEqual([1, ...layer.plan([height, width, 1]).output])
              const wanted = naive(kind, height, width, options, values)
              expect(relativeError(y, wanted), what).toBeLessThan(1e-6)
              const dy = Float32Array.from(wanted, (_, i) => 1 + (i % 3))
              const dx = pullBack(layer, x, tf.tensor4d(dy, y.shape as [number, number, number, number]))
              expect(relativeError(dx, naiveGradient(kind, height, width, options, values, dy)), what).toBeLessThan(
                1e-6,
              )
            })
          }
    },
  )

  it('keeps channels and samples apart', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom('maxPool', 'avgPool'),
        fc.boolean(),
        (channels, kind, ceilMode) => {
          tf.tidy(() => {
            const layer = pools[kind]({ size: 3, stride: 2, padding: 1, ceilMode })
            const x = tf.reshape(tf.sin(tf.range(0, 2 * 6 * 5 * channels)), [2, 6, 5, channels])
            const y = layer.apply({}, x, {})
            for (const n of [0, 1])
              for (let c = 0; c < channels; c++) {
                const alone = layer.apply({}, tf.slice(x, [n, 0, 0, c], [1, 6, 5, 1]), {})
                expectClose(tf.slice(y, [n, 0, 0, c], alone.shape), alone, 1e-6)
              }
          })
        },
      ),
      { numRuns: 12 },
    )
  })

  it('average pooling hands out exactly the gradient that came in, where no pixel is dropped', () => {
    tf.tidy(() => {
      const dy = tf.reshape(tf.linspace(-2, 3, 18), [1, 3, 3, 2])
      expectClose(tf.sum(pullBack(avgPool({ size: 2 }), tf.ones([1, 6, 6, 2]), dy)), tf.sum(dy), 1e-5)
    })
  })

  it.each([{}, { countIncludePad: false }, { ceilMode: true }])(
    'average pooling has the gradient of finite differences, also with padding: %o',
    (more) => {
      const layer = avgPool({ size: 3, stride: 2, padding: 1, ...more })
      const params = {
        x: tf.tensor4d(
          Float32Array.from({ length: 32 }, (_, i) => Math.sin(3 * i)),
          [1, 4, 4, 2],
        ),
      }
      const f = (tree: typeof params): tf.Tensor => tf.sum(tf.square(layer.apply({}, tree.x, {})))
      checkGradients(f, params, gradientOf(f, params))
    },
  )

  it('max pooling gives the gradient of equal values to the first of them alone', () => {
    expect([...pullBack(maxPool({ size: 2 }), tf.ones([1, 2, 4, 1]), 1).dataSync()]).toEqual([1, 0, 1, 0, 0, 0, 0, 0])
  })

  it('max pooling of negative values takes the largest of them, not the padding', () => {
    expect([
      ...maxPool({ size: 3, stride: 2, padding: 1 })
        .apply({}, tf.fill([1, 4, 4, 1], -5), {})
        .dataSync(),
    ]).toEqual([-5, -5, -5, -5])
    expect([
      ...maxPool({ size: 3, stride: 2, padding: 1, ceilMode: true })
        .apply({}, tf.fill([1, 4, 4, 1], -5), {})
        .dataSync(),
    ]).toEqual(Array.from({ length: 9 }, () => -5))
  })

  it('leaves no tensor behind, gradients included', () => {
    const x = tf.ones([1, 4, 4, 2])
    for (const layer of [
      maxPool({ size: 3, stride: 2, padding: 1 }),
      avgPool({ size: 3, stride: 2, padding: 1 }),
      maxPool({ size: 3, stride: 2, ceilMode: true }),
      avgPool({ size: 3, stride: 2, padding: 1, ceilMode: true, countIncludePad: false }),
    ])
      expectNoLeak(() => tf.tidy(() => void pullBack(layer, x, 1)))
  })
})

describe('wrong input of pooling', () => {
  it('is one sample, vectors, integers or a misspelt option', () => {
    for (const [name, apply] of [
      ['maxPool', (x: tf.Tensor) => applyMaxPool(x, { size: 2 })],
      ['avgPool', (x: tf.Tensor) => applyAvgPool(x, { size: 2 })],
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
    expectTypeOf(applyAvgPool).parameters.toEqualTypeOf<[x: tf.Tensor, options: AvgPoolOptions]>()
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
    expect(maxPool({ size: 3, stride: 2, ceilMode: true }).plan([112, 113, 64]).output).toEqual([56, 56, 64])
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
    expect(() => maxPool({ size: 2, ceilMode: 1 as never })).toThrow('maxPool: ceilMode must be true or false, not 1')
    expect(() => maxPool({ size: 2, countIncludePad: false } as never)).toThrow('there is no option countIncludePad')
    expect(() => maxPool({ size: 2, padding: 2 })).toThrow(
      new OptionsError('maxPool: padding must be at most half of the size 2, not 2'),
    )
    expect(() => avgPool({ size: 0 })).toThrow('avgPool: size must be a whole number of at least 1, not 0')
    expect(() => maxPool({ size: 2, stride: 1.5 })).toThrow(
      'maxPool: stride must be a whole number of at least 1, not 1.5',
    )
  })
})
