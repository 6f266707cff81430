import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { valueAndGradient } from '@resfn/autodiff'
import { constant, init, ShapeError, summary } from '@resfn/layer'
import { key, normal } from '@resfn/random'
import { checkGradients, describeBackends, expectClose, expectNoLeak } from '@resfn/test-utils'
import { applyConv2d, conv2d, type Conv2dParams } from './conv2d.ts'

type Values = { readonly shape: number[]; readonly values: number[] }
type Case = { readonly stride: number; readonly padding: number } & {
  readonly [name in 'x' | 'weight' | 'y' | 'dy' | 'dx' | 'dweight']: Values
} & { readonly bias?: Values; readonly dbias?: Values }
const { cases } = JSON.parse(readFileSync(new URL('./fixtures/torch.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Case[]
}
const tensorOf = ({ shape, values }: Values): tf.Tensor => tf.tensor(values, shape, 'float32')

type Dimensions = {
  readonly batch: number
  readonly height: number
  readonly width: number
  readonly inputs: number
  readonly out: number
  readonly size: number
  readonly stride: number
  readonly padding: number
}

/** The definition of the convolution, in float64: a loop over every output and every tap. */
const naive = (
  { batch, height, width, inputs, out, size, stride, padding }: Dimensions,
  x: Float32Array,
  weight: Float32Array,
): number[] => {
  const along = (extent: number): number => Math.floor((extent + 2 * padding - size) / stride) + 1
  const y: number[] = []
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < along(height); i++)
      for (let j = 0; j < along(width); j++)
        for (let o = 0; o < out; o++) {
          let sum = 0
          for (let u = 0; u < size; u++)
            for (let v = 0; v < size; v++) {
              const [row, column] = [stride * i + u - padding, stride * j + v - padding]
              if (row < 0 || column < 0 || row >= height || column >= width) continue
              for (let c = 0; c < inputs; c++)
                sum +=
                  x[((n * height + row) * width + column) * inputs + c]! *
                  weight[((u * size + v) * inputs + c) * out + o]!
            }
          y.push(sum)
        }
  return y
}

const dimensions: fc.Arbitrary<Dimensions> = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    inputs: fc.integer({ min: 1, max: 5 }),
    out: fc.integer({ min: 1, max: 9 }),
    size: fc.integer({ min: 1, max: 5 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 3 }),
  })
  .filter(({ height, width, size, padding }) => Math.min(height, width) + 2 * padding >= size && padding < size)

describeBackends('conv2d', () => {
  it.each(
    cases.map(
      (example) =>
        [`${example.weight.shape.join('x')} /${example.stride} padded by ${example.padding}`, example] as const,
    ),
  )('equals PyTorch in value and gradient: %s', (_, example) => {
    const params: Conv2dParams = {
      weight: tensorOf(example.weight),
      ...(example.bias && { bias: tensorOf(example.bias) }),
    }
    const convolve = applyConv2d(example)
    const { gradients, aux } = valueAndGradient((tree: { readonly params: Conv2dParams; readonly x: tf.Tensor }) => {
      const y = convolve(tree.params, tree.x)
      return { loss: tf.sum(tf.mul(y, tensorOf(example.dy))), aux: { y } }
    })({ params, x: tensorOf(example.x) })
    expect(aux.y.shape).toEqual(example.y.shape)
    expectClose(aux.y, example.y.values)
    expectClose(gradients.x, example.dx.values)
    expectClose(gradients.params.weight, example.dweight.values)
    if (example.dbias) expectClose(gradients.params.bias!, example.dbias.values)
  })

  it('equals the definition, a loop over every tap, at any size, stride and padding', () => {
    fc.assert(
      fc.property(dimensions, fc.nat(), (d, seed) => {
        const x = normal(key(seed), d.batch * d.height * d.width * d.inputs)
        const weight = normal(key(seed + 1), d.size * d.size * d.inputs * d.out)
        tf.tidy(() => {
          const net = conv2d(d)
          const y = net.apply(
            { weight: tf.tensor(weight, [d.size, d.size, d.inputs, d.out]) },
            tf.tensor(x, [d.batch, d.height, d.width, d.inputs]),
            {},
          )
          expect(y.shape).toEqual([d.batch, ...net.plan([d.height, d.width, d.inputs]).output])
          expectClose(y, naive(d, x, weight), 3e-5)
        })
      }),
      { numRuns: 60 },
    )
  })

  it('is linear in its input', () => {
    fc.assert(
      fc.property(fc.nat(), fc.float({ min: -3, max: 3, noNaN: true }), (seed, factor) => {
        tf.tidy(() => {
          const weight = tf.tensor(normal(key(seed), 27 * 4), [3, 3, 3, 4])
          const [a, b] = [1, 2].map((by) => tf.tensor(normal(key(seed + by), 75), [1, 5, 5, 3])) as [
            tf.Tensor,
            tf.Tensor,
          ]
          const f = (x: tf.Tensor): tf.Tensor => applyConv2d()({ weight }, x)
          expectClose(f(tf.add(tf.mul(a, factor), b)), tf.add(tf.mul(f(a), factor), f(b)), 1e-4)
        })
      }),
      { numRuns: 20 },
    )
  })

  it('has the gradients of finite differences', () => {
    const params = {
      params: { weight: tf.tensor(normal(key(1), 3 * 3 * 2 * 2), [3, 3, 2, 2]), bias: tf.tensor1d([0.1, -0.2]) },
      x: tf.tensor(normal(key(2), 50), [1, 5, 5, 2]),
    }
    const f = (tree: typeof params): tf.Tensor => tf.mean(tf.square(applyConv2d({ stride: 2 })(tree.params, tree.x)))
    const { gradients } = valueAndGradient((tree: typeof params) => ({ loss: f(tree), aux: {} }))(params)
    checkGradients(f, params, gradients)
  })

  it('trains as it evaluates, and shows nothing', () => {
    const net = conv2d({ out: 2, size: 3, bias: true })
    const { params } = init(net, key(0), [4, 4, 1])
    const x = tf.tensor(normal(key(1), 16), [1, 4, 4, 1])
    const { y, seen } = net.train(params, x, key(0))
    expectClose(y, net.apply(params, x, {}), 0)
    expect(seen).toEqual({})
  })

  it('leaves no tensor behind, gradients included', () => {
    const net = conv2d({ out: 2, size: 3, bias: true })
    const { params } = init(net, key(0), [4, 4, 1])
    const x = tf.ones([1, 4, 4, 1])
    expectNoLeak(() => tf.tidy(() => void net.apply(params, x, {})))
    expectNoLeak(() =>
      tf.tidy(
        () =>
          void valueAndGradient((p: Conv2dParams) => ({ loss: tf.sum(net.train(p, x, key(0)).y), aux: {} }))(params),
      ),
    )
  })
})

describe('the plan of conv2d', () => {
  it('draws Kaiming normal weights by fan out and has no bias, unless told otherwise', () => {
    const { params } = conv2d({ out: 64, size: 3 }).plan([8, 8, 16])
    expect(Object.keys(params)).toEqual(['weight'])
    const weight = params.weight.initialiser(key(0), params.weight.shape)
    const deviation = Math.sqrt(weight.reduce((sum, w) => sum + w * w, 0) / weight.length)
    expect(Math.abs(deviation / Math.sqrt(2 / (9 * 64)) - 1)).toBeLessThan(0.03)
    const told = conv2d({ out: 2, size: 1, bias: true, initial: { weight: constant(3), bias: constant(4) } }).plan([
      1, 1, 1,
    ]).params
    expect([
      ...told.weight.initialiser(key(0), told.weight.shape),
      ...told.bias!.initialiser(key(0), told.bias!.shape),
    ]).toEqual([3, 3, 4, 4])
  })

  it('counts parameters and multiply-adds', () => {
    expect(summary(conv2d({ out: 64, size: 7, stride: 2 }), [224, 224, 3])).toMatchObject({
      params: 9408,
      macs: 118013952,
      output: [112, 112, 64],
      buffers: 0,
    })
    expect(summary(conv2d({ out: 6, size: 5, padding: 0, bias: true }), [28, 28, 1])).toMatchObject({
      params: 156,
      macs: 24 * 24 * 25 * 6,
    })
  })

  it('says which shape it cannot take, and why', () => {
    expect(() => conv2d({ out: 1, size: 3 }).plan([10])).toThrow(
      new ShapeError('', 'conv2d takes [height,width,channels], but the input is [10]'),
    )
    expect(() => conv2d({ out: 1, size: 5, padding: 0 }).plan([4, 9, 1])).toThrow(
      'the 5x5 kernel is larger than the input [4,9,1] with padding 0; use a smaller kernel or more padding',
    )
  })

  it('refuses counts that are no counts', () => {
    expect(() => conv2d({ out: 0, size: 3 })).toThrow(
      new RangeError('conv2d: out must be a whole number of at least 1, not 0'),
    )
    expect(() => conv2d({ out: 1, size: 2.5 })).toThrow('conv2d: size must be a whole number of at least 1, not 2.5')
    expect(() => conv2d({ out: 1, size: 3, stride: 0 })).toThrow(
      'conv2d: stride must be a whole number of at least 1, not 0',
    )
    expect(() => conv2d({ out: 1, size: 3, padding: -1 })).toThrow(
      'conv2d: padding must be a whole number of at least 0, not -1',
    )
  })

  it('is a layer of weight and, where asked for, bias', () => {
    expectTypeOf(conv2d({ out: 1, size: 1 }).plan([1, 1, 1]).params.weight.shape).toEqualTypeOf<readonly number[]>()
    expectTypeOf<Parameters<ReturnType<typeof applyConv2d>>>().toEqualTypeOf<[params: Conv2dParams, x: tf.Tensor]>()
  })
})
