import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { constant, fanInUniform, init, InputError, sequential, ShapeError, summary, VariablesError } from '@resfn/layer'
import { OptionsError } from '@resfn/options'
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
import { applyConv2d, conv2d, type Conv2dParams, type Conv2dWindow } from './conv2d.ts'

type Case = Required<Conv2dWindow> & {
  readonly [name in 'x' | 'weight' | 'y' | 'dy' | 'dx' | 'dweight']: Values
} & { readonly bias?: Values; readonly dbias?: Values }
const casesOf = (file: string): readonly Case[] =>
  readFixture<{ readonly cases: readonly Case[] }>(new URL(`./fixtures/${file}`, import.meta.url)).cases
const cases = [...casesOf('torch.json'), ...casesOf('grouped.json')]

type Dimensions = {
  readonly batch: number
  readonly height: number
  readonly width: number
  readonly inputs: number
  readonly out: number
  readonly size: number
  readonly stride: number
  readonly padding: number
  readonly dilation: number
  readonly groups: number
}

/** The definition of the convolution, in float64: a loop over every output and every tap. */
const naive = (
  { batch, height, width, inputs, out, size, stride, padding, dilation, groups }: Dimensions,
  x: Float32Array,
  weight: Float32Array,
): number[] => {
  const along = (extent: number): number => Math.floor((extent + 2 * padding - dilation * (size - 1) - 1) / stride) + 1
  const depth = inputs / groups
  const y: number[] = []
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < along(height); i++)
      for (let j = 0; j < along(width); j++)
        for (let o = 0; o < out; o++) {
          let sum = 0
          for (let u = 0; u < size; u++)
            for (let v = 0; v < size; v++) {
              const [row, column] = [stride * i + dilation * u - padding, stride * j + dilation * v - padding]
              if (row < 0 || column < 0 || row >= height || column >= width) continue
              const first = Math.floor((o * groups) / out) * depth
              for (let c = 0; c < depth; c++)
                sum +=
                  x[((n * height + row) * width + column) * inputs + first + c]! *
                  weight[((u * size + v) * depth + c) * out + o]!
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
    dilation: fc.integer({ min: 1, max: 3 }),
    groups: fc.integer({ min: 1, max: 4 }),
  })
  .map((d) => ({ ...d, inputs: d.inputs * d.groups, out: d.out * d.groups }))
  .filter(
    ({ height, width, size, padding, dilation }) =>
      Math.min(height, width) + 2 * padding >= dilation * (size - 1) + 1 && padding < size,
  )

describeBackends('conv2d', () => {
  it.each(
    cases.map(
      (example) =>
        [
          `${example.weight.shape.join('x')} /${example.stride} padded by ${example.padding}, dilation ${example.dilation}, ${example.groups} groups`,
          example,
        ] as const,
    ),
  )('equals PyTorch in value and gradient: %s', (_, example) => {
    const params: Conv2dParams = {
      weight: tensorOf(example.weight),
      ...(example.bias && { bias: tensorOf(example.bias) }),
    }
    const tree = { params, x: tensorOf(example.x) }
    const { stride, padding, dilation, groups } = example
    const window = { stride, padding, dilation, groups }
    const convolve = ({ params, x }: typeof tree): tf.Tensor => applyConv2d(params, x, window)
    const y = convolve(tree)
    const gradients = gradientOf(convolve, tree, tensorOf(example.dy))
    expect(y.shape).toEqual(example.y.shape)
    expectClose(y, example.y.values)
    expectClose(gradients.x, example.dx.values)
    expectClose(gradients.params.weight, example.dweight.values)
    if (example.dbias) expectClose(gradients.params.bias!, example.dbias.values)
  })

  it('equals the definition, a loop over every tap, at any size, stride, padding, dilation and groups', () => {
    fc.assert(
      fc.property(dimensions, fc.nat(), (d, seed) => {
        const x = normal(key(seed), d.batch * d.height * d.width * d.inputs)
        const filterShape = [d.size, d.size, d.inputs / d.groups, d.out]
        const weight = normal(key(seed + 1), d.size * d.size * filterShape[2]! * d.out)
        tf.tidy(() => {
          const { out, size, stride, padding, dilation, groups } = d
          const net = conv2d({ out, size, stride, padding, dilation, groups })
          const y = net.apply(
            { weight: tf.tensor(weight, filterShape) },
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
          const f = (x: tf.Tensor): tf.Tensor => applyConv2d({ weight }, x)
          expectClose(f(tf.add(tf.mul(a, factor), b)), tf.add(tf.mul(f(a), factor), f(b)), 1e-4)
        })
      }),
      { numRuns: 20 },
    )
  })

  it.each<readonly [string, number, number, Conv2dWindow]>([
    ['dense', 2, 2, { stride: 2 }],
    ['dilated', 2, 2, { dilation: 2 }],
    ['grouped', 4, 4, { groups: 2, stride: 2 }],
    ['grouped and dilated', 4, 2, { groups: 2, dilation: 2 }],
    ['depthwise, dilated, with a stride', 2, 4, { groups: 2, dilation: 2, stride: 2 }],
  ])('has the gradients of finite differences: %s', (_, channels, out, options) => {
    const depth = channels / (options.groups ?? 1)
    const params = {
      params: {
        weight: tf.tensor(normal(key(1), 3 * 3 * depth * out), [3, 3, depth, out]),
        bias: tf.tensor1d(normal(key(3), out)),
      },
      x: tf.tensor(normal(key(2), 25 * channels), [1, 5, 5, channels]),
    }
    const f = (tree: typeof params): tf.Tensor => tf.mean(tf.square(applyConv2d(tree.params, tree.x, options)))
    checkGradients(f, params, gradientOf(f, params))
  })

  it.each([{}, { dilation: 2 }])('has second derivatives in groups: %o', (options) => {
    const at = {
      weight: tf.tensor(normal(key(1), 4 * 2 * 4), [2, 2, 2, 4]),
      x: tf.tensor(normal(key(2), 16 * 4), [1, 4, 4, 4]),
    }
    const f = ({ weight, x }: typeof at): tf.Tensor =>
      tf.sum(tf.pow(applyConv2d({ weight }, x, { groups: 2, ...options }), 3))
    // The squared length of the gradient, whose own gradient needs the gradients of both gradients.
    const steepness = (tree: typeof at): tf.Tensor => {
      const { grads } = tf.engine().gradients(() => f(tree) as tf.Scalar, [tree.weight, tree.x])
      return tf.add(tf.sum(tf.square(grads[0]!)), tf.sum(tf.square(grads[1]!)))
    }
    const scaled = (tree: typeof at): tf.Tensor => tf.mul(steepness(tree), 1e-4)
    const { grads } = tf.engine().gradients(() => scaled(at) as tf.Scalar, [at.weight, at.x])
    checkGradients(scaled, at, { weight: grads[0]!, x: grads[1]! })
  })

  it('is one convolution a group, side by side', () => {
    const [x, weight] = [
      tf.tensor(normal(key(1), 2 * 5 * 4 * 6), [2, 5, 4, 6]),
      tf.tensor(normal(key(2), 9 * 2 * 9), [3, 3, 2, 9]),
    ]
    const [xs, weights] = [tf.split(x, 3, 3), tf.split(weight, 3, 3)]
    const apart = tf.concat(
      xs.map((part, group) => applyConv2d({ weight: weights[group]! }, part)),
      3,
    )
    expectClose(applyConv2d({ weight }, x, { groups: 3 }), apart, 1e-5)
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
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => net.train(p, x, key(0)).y, params)))
    const grouped = conv2d({ out: 4, size: 3, groups: 2, dilation: 2 })
    const tree = { params: init(grouped, key(0), [5, 5, 4]).params, x: tf.ones([1, 5, 5, 4]) }
    const run = ({ params, x }: typeof tree): tf.Tensor => grouped.train(params, x, key(0)).y
    expectNoLeak(() => tf.tidy(() => void run(tree)))
    expectNoLeak(() => tf.tidy(() => void gradientOf(run, tree)))
  })
})

describe('wrong input of conv2d', () => {
  const net = sequential({ conv: conv2d({ out: 2, size: 3, bias: true }) })
  const right = (): { readonly conv: Conv2dParams } => init(net, key(0), [4, 4, 1]).params
  const given = (x: tf.Tensor, params: object = right()): (() => unknown)[] => [
    () => net.apply(params as never, x, {}),
    () => net.train(params as never, x, key(0)),
  ]
  const refuses = (runs: readonly (() => unknown)[], error: Error): void => {
    for (const run of runs) expect(run).toThrow(error)
  }
  const leaf = (replaced: object): object => ({ conv: { ...right().conv, ...replaced } })
  const x = tf.ones([1, 4, 4, 1])

  it('is a batch without its axis, or channels first', () => {
    refuses(
      given(tf.ones([28, 28, 1])),
      new ShapeError(
        'conv',
        'conv2d takes [batch,height,width,channels], but the input is [28,28,1]; add the batch axis with tf.expandDims(x, 0)',
      ),
    )
    refuses(
      given(tf.ones([2, 1, 28, 28])),
      new ShapeError(
        'conv',
        'the input [2,1,28,28] of conv2d has 28 channels on its last axis, but the weight [3,3,1,2] takes 1; images are [batch,height,width,channels]: use tf.transpose(x, [0, 2, 3, 1])',
      ),
    )
    refuses(
      given(tf.ones([2, 9, 9, 3])),
      new ShapeError(
        'conv',
        'the input [2,9,9,3] of conv2d has 3 channels on its last axis, but the weight [3,3,1,2] takes 1; give it inputs of the shape that the net was made for, or the parameters of this net',
      ),
    )
  })

  it('is integers, a disposed tensor, or not a tensor', () => {
    refuses(
      given(tf.ones([1, 4, 4, 1], 'int32')),
      new InputError('conv', "conv2d takes float32, but the input is int32; convert it with tf.cast(x, 'float32')"),
    )
    const gone = tf.ones([1, 4, 4, 1])
    gone.dispose()
    refuses(
      given(gone),
      new InputError(
        'conv',
        'the input of conv2d is disposed; return it from the tf.tidy that made it, or dispose it later',
      ),
    )
    refuses(given([1, 2] as never), new InputError('conv', 'conv2d takes a tensor, not [1, 2]'))
  })

  it('is parameters that are missing, disposed, of another layer, or too many', () => {
    refuses(
      given(x, leaf({ weight: undefined })),
      new VariablesError(
        'conv.weight',
        'conv2d needs a tensor [3,3,in,2] in its parameters, but there is none; pass the parameters that init made for this net',
      ),
    )
    refuses(
      given(x, leaf({ weight: tf.ones([5, 5, 1, 2]) })),
      new VariablesError(
        'conv.weight',
        'conv2d needs [3,3,in,2] in its parameters, but the tensor is [5,5,1,2]; pass the parameters that init made for this net',
      ),
    )
    refuses(
      given(x, leaf({ beta: tf.ones([2]) })),
      new VariablesError(
        'conv.beta',
        'conv2d has no such leaf in its parameters, only weight and bias; pass the parameters that init made for this net',
      ),
    )
    const gone = tf.ones([2])
    gone.dispose()
    refuses(
      given(x, leaf({ bias: gone })),
      new VariablesError(
        'conv.bias',
        'this tensor of the parameters of conv2d is disposed; dispose a tree only after its last use',
      ),
    )
  })

  it('is named by the bare function too', () => {
    expect(() => applyConv2d(undefined as never, x)).toThrow('conv2d needs its parameters, weight, not undefined')
    expect(() => applyConv2d({ weight: tf.ones([3, 3]) }, x)).toThrow(
      'weight: conv2d needs [size,size,in / groups,out]',
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

  it('takes the fans of a grouped weight from its shape, as PyTorch does', () => {
    const drawn = conv2d({ out: 128, size: 3, groups: 4, initial: { weight: fanInUniform } }).plan([8, 8, 64]).params
      .weight
    const values = drawn.initialiser(key(0), drawn.shape)
    const bound = 1 / Math.sqrt(9 * 16)
    expect(values.reduce((most, w) => Math.max(most, Math.abs(w)), 0) / bound).toBeCloseTo(1, 2)
    const { weight } = conv2d({ out: 128, size: 3, groups: 4 }).plan([8, 8, 64]).params
    const normals = weight.initialiser(key(0), weight.shape)
    const deviation = Math.sqrt(normals.reduce((sum, w) => sum + w * w, 0) / normals.length)
    expect(Math.abs(deviation / Math.sqrt(2 / (9 * 128)) - 1)).toBeLessThan(0.03)
  })

  it('counts parameters and multiply-adds', () => {
    expect(summary(conv2d({ out: 128, size: 3, groups: 32, stride: 2 }), [56, 56, 128])).toMatchObject({
      params: 9 * 4 * 128,
      macs: 28 * 28 * 9 * 4 * 128,
      output: [28, 28, 128],
    })
    expect(conv2d({ out: 8, size: 3, dilation: 2 }).plan([9, 8, 4])).toMatchObject({ output: [9, 8, 8] })
    expect(conv2d({ out: 8, size: 3, groups: 2, stride: 2, dilation: 3 }).plan([9, 8, 4]).kind).toBe(
      'conv2d 3x3 /2 dilation 3 groups 2',
    )
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
      'the 5x5 filter is larger than the input [4,9,1] with padding 0; use a smaller filter or more padding',
    )
  })

  it('says which groups divide the channels', () => {
    const message =
      'conv2d: 12 groups must divide both the 16 input channels and the 24 output channels; use 8 groups, or multiples of 12 channels'
    expect(() => conv2d({ out: 24, size: 3, groups: 12 }).plan([8, 8, 16])).toThrow(new ShapeError('', message))
    expect(() => conv2d({ out: 9, size: 3, groups: 2 }).plan([8, 8, 4])).toThrow(
      'conv2d: 2 groups must divide both the 4 input channels and the 9 output channels; use 1 group, or multiples of 2 channels',
    )
    expect(() => applyConv2d({ weight: tf.ones([1, 1, 2, 9]) }, tf.ones([1, 1, 1, 4]), { groups: 2 })).toThrow(
      'conv2d: 2 groups must divide both the 4 input channels and the 9 output channels',
    )
    expect(() => applyConv2d({ weight: tf.ones([1, 1, 2, 8]) }, tf.ones([1, 1, 1, 6]), { groups: 2 })).toThrow(
      'the input [1,1,1,6] of conv2d has 6 channels on its last axis, but the weight [1,1,2,8] takes 4 in 2 groups',
    )
    expect(() => conv2d({ out: 4, size: 3, dilation: 4, padding: 0 }).plan([8, 9, 4])).toThrow(
      'the 3x3 filter with dilation 4, 9x9, is larger than the input [8,9,4] with padding 0',
    )
  })

  it('refuses counts that are not counts, and options that do not exist', () => {
    expect(() => conv2d({ out: 0, size: 3 })).toThrow(
      new OptionsError('conv2d: out must be a whole number of at least 1, not 0'),
    )
    expect(() => conv2d({ out: 1, size: 2.5 })).toThrow('conv2d: size must be a whole number of at least 1, not 2.5')
    expect(() => conv2d({ out: 1, size: 3, stride: 0 })).toThrow(
      'conv2d: stride must be a whole number of at least 1, not 0',
    )
    expect(() => conv2d({ out: 1, size: 3, padding: -1 })).toThrow(
      'conv2d: padding must be a whole number of at least 0, not -1',
    )
    expect(() => conv2d({ outt: 3, size: 3 } as never)).toThrow('conv2d: there is no option outt; did you mean out?')
    expect(() => conv2d({ out: '16', size: 3 } as never)).toThrow(
      "conv2d: out must be a whole number of at least 1, not '16'",
    )
    expect(() => applyConv2d({ weight: tf.ones([1, 1, 1, 1]) }, tf.ones([1, 1, 1, 1]), { size: 3 } as never)).toThrow(
      'applyConv2d: there is no option size; use stride, padding, dilation, groups',
    )
  })

  it('is a layer of weight and, where asked for, bias', () => {
    expectTypeOf(conv2d({ out: 1, size: 1 }).plan([1, 1, 1]).params.weight.shape).toEqualTypeOf<readonly number[]>()
    expectTypeOf(applyConv2d).parameters.toEqualTypeOf<
      [params: Conv2dParams, x: tf.Tensor, options?: Conv2dWindow | undefined]
    >()
  })
})
