import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { batchNorm, type BatchNormParams, type BatchNormState } from '@resfn/batch-norm'
import { conv2d, type Conv2dParams } from '@resfn/conv2d'
import {
  type AnyLayer,
  init,
  type Layer,
  type ParamsOf,
  sequential,
  ShapeError,
  type StateOf,
  summary,
} from '@resfn/layer'
import { fold, type Key, key } from '@resfn/random'
import { flatten } from '@resfn/tree'
import { checkGradients, describeBackends, draw, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import { applyProjectedAdd, projectedAdd } from './projected-add.ts'
import { projection, subsampleAndPad } from './shortcut.ts'

const down = projectedAdd(conv2d({ out: 4, size: 3, stride: 2 }), projection({ out: 4, stride: 2 }))

/** Option A by its definition: every s-th row and column, then zeros after the channels. */
const optionA = (
  x: Float32Array,
  [batch, height, width, channels]: readonly number[],
  out: number,
  stride: number,
): number[] => {
  const y: number[] = []
  for (let n = 0; n < batch!; n++)
    for (let i = 0; i < height!; i += stride)
      for (let j = 0; j < width!; j += stride)
        for (let c = 0; c < out; c++) y.push(c < channels! ? x[((n * height! + i) * width! + j) * channels! + c]! : 0)
  return y
}

describeBackends('projectedAdd', () => {
  it('is the sum of its two sides: bare function, evaluation and training agree', () => {
    tf.tidy(() => {
      const branch = conv2d({ out: 4, size: 3, stride: 2 })
      const shortcut = projection({ out: 4, stride: 2 })
      const { params } = init(down, key(1), [5, 6, 2])
      const x = draw(2, 2, 5, 6, 2)
      const expected = tf
        .add(branch.apply({ weight: params.weight }, x, {}), shortcut.apply(params.shortcut, x, {}))
        .dataSync()
      expectClose(down.apply(params, x, {}), expected, 0)
      expectClose(down.train(params, x, key(0)).y, expected, 0)
      const bare =
        (layer: Layer<Conv2dParams>) =>
        (p: Conv2dParams, input: tf.Tensor): tf.Tensor =>
          layer.apply(p, input, {})
      expectClose(applyProjectedAdd(params, x, bare(branch), bare(shortcut)), expected, 0)
    })
  })

  it('is the shortcut alone where the branch’s weight is zero', () => {
    tf.tidy(() => {
      const { params } = init(down, key(3), [4, 4, 2])
      const x = draw(4, 1, 4, 4, 2)
      const y = down.apply({ ...params, weight: tf.zerosLike(params.weight) }, x, {})
      expectClose(y, projection({ out: 4, stride: 2 }).apply(params.shortcut, x, {}), 0)
    })
  })

  it('projects the pixels of every stride-th row and column by a matrix', () => {
    tf.tidy(() => {
      const weight = draw(1, 1, 1, 3, 2)
      const x = draw(2, 1, 5, 5, 3)
      const y = projection({ out: 2, stride: 2 }).apply({ weight }, x, {})
      const picked = tf.tensor(optionA(x.dataSync() as Float32Array, x.shape, 3, 2), [9, 3]) as tf.Tensor2D
      expectClose(y, tf.matMul(picked, tf.reshape(weight, [3, 2]) as tf.Tensor2D), 1e-5)
    })
  })

  it('subsamples and pads as option A is defined, at any size, stride and number of channels', () => {
    const extent = fc.integer({ min: 1, max: 7 })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 }),
        extent,
        extent,
        extent,
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(),
        (batch, height, width, channels, more, stride, seed) => {
          tf.tidy(() => {
            const shortcut = subsampleAndPad({ out: channels + more, stride })
            const x = draw(seed, batch, height, width, channels)
            const y = shortcut.apply({}, x, {})
            expect(y.shape).toEqual([batch, ...shortcut.plan([height, width, channels]).output])
            expectClose(y, optionA(x.dataSync() as Float32Array, x.shape, channels + more, stride), 0)
          })
        },
      ),
      { numRuns: 60 },
    )
  })

  it('puts half of the zeros before the old channels with zeros around, and the odd one after', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(),
        (channels, more, stride, seed) => {
          tf.tidy(() => {
            const [x, out, before] = [draw(seed, 2, 5, 4, channels), channels + more, Math.floor(more / 2)]
            const after = subsampleAndPad({ out, stride }).apply({}, x, {})
            const around = subsampleAndPad({ out, stride, zeros: 'around' }).apply({}, x, {})
            const [old, rest] = tf.split(after, [channels, more], -1) as [tf.Tensor4D, tf.Tensor4D]
            const [first, second] = tf.split(rest, [before, more - before], -1) as [tf.Tensor4D, tf.Tensor4D]
            expectClose(around, tf.concat([first, old, second], -1).dataSync(), 0)
          })
        },
      ),
      { numRuns: 40 },
    )
  })

  it('sends back the adjoint of option A: <A x, dy> = <x, A’ dy> for every dy', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3 }), (seed, side, stride) => {
        tf.tidy(() => {
          const shortcut = subsampleAndPad({ out: 5, stride })
          const x = draw(seed, 1, side, side, 2)
          const y = shortcut.apply({}, x, {})
          const dy = draw(seed + 1, ...y.shape)
          const gradients = gradientOf((tree) => shortcut.apply({}, tree.x, {}), { x }, dy)
          expectClose(tf.sum(tf.mul(gradients.x, x)), tf.sum(tf.mul(y, dy)), 1e-3)
          // Only the picked pixels have a gradient, and it is the upstream one.
          expect(tf.sum(tf.abs(gradients.x)).dataSync()[0]).toBeCloseTo(
            tf.sum(tf.abs(tf.slice(dy, [0, 0, 0, 0], [1, y.shape[1]!, y.shape[2]!, 2]))).dataSync()[0]!,
            4,
          )
        })
      }),
      { numRuns: 20 },
    )
  })

  it('hands a chain of projections the product of their matrices: it shrinks or grows where the identity keeps', () => {
    tf.tidy(() => {
      const blocks = 20
      const x = draw(11, 1, 1, 1, 2)
      const dy = draw(12, 1, 1, 1, 2)
      const silent = projectedAdd(projection({ out: 2, stride: 1 }), projection({ out: 2, stride: 1 }))
      const norm = (tensor: tf.Tensor): number => tf.norm(tensor).dataSync()[0]!
      for (const factor of [0.5, 1, 1.5]) {
        // Turns by a third of a right angle, times the factor: both singular values are the factor.
        const [cos, sin] = [factor * Math.cos(Math.PI / 6), factor * Math.sin(Math.PI / 6)]
        const params = {
          weight: tf.zeros([1, 1, 2, 2]),
          shortcut: { weight: tf.tensor4d([cos, sin, -sin, cos], [1, 1, 2, 2]) },
        }
        const chain = (input: tf.Tensor): tf.Tensor =>
          Array.from({ length: blocks }).reduce((y: tf.Tensor) => silent.apply(params, y, {}), input)
        expect(norm(gradientOf(chain, x, dy)) / norm(dy) / factor ** blocks).toBeCloseTo(1, 4)
      }
    })
  })

  it('has the gradients of finite differences on both sides', () => {
    const tree = { params: init(down, key(5), [4, 4, 2]).params, x: draw(6, 1, 4, 4, 2) }
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.mean(tf.square(down.apply(params, x, {})))
    checkGradients(f, tree, gradientOf(f, tree))
  })

  it('keeps the statistics of both sides apart and leaves no tensor behind', () => {
    const net = projectedAdd(batchNorm(), sequential({ conv: projection({ out: 2, stride: 1 }), bn: batchNorm() }))
    const { params } = init(net, key(0), [2, 2, 2])
    const x = draw(1, 3, 2, 2, 2)
    const { seen } = net.train(params, x, key(0))
    expect(flatten(seen).map(({ path }) => path)).toEqual([
      'mean',
      'variance',
      'shortcut.bn.mean',
      'shortcut.bn.variance',
    ])
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => net.train(p, x, key(0)).y, params)))
  })

  it('gives each side a key of its own', () => {
    const keys: Key[] = []
    const witness: AnyLayer = {
      plan: batchNorm().plan,
      apply: (_, x) => x,
      train: (_, x, k) => ({ y: (keys.push(k), x), seen: {} }),
    }
    projectedAdd(witness, witness).train({} as never, tf.zeros([1]), key(7))
    expect(keys).toEqual([key(7), fold(key(7), 'shortcut')])
  })
})

describe('the plan of projectedAdd', () => {
  it('has the names of the branch and one more, shortcut; a shortcut without parameters or state leaves none', () => {
    const { plan } = projectedAdd(
      sequential({ conv: conv2d({ out: 4, size: 3, stride: 2 }), bn: batchNorm() }),
      subsampleAndPad({ out: 4, stride: 2 }),
    )
    expect(flatten(plan([4, 4, 2]).params).map(({ path }) => path)).toEqual(['conv.weight', 'bn.weight', 'bn.bias'])
    expect(Object.keys(down.plan([4, 4, 2]).params)).toEqual(['weight', 'shortcut'])
    expect(down.plan([4, 4, 2]).state).toEqual({})
    expectTypeOf<ParamsOf<typeof down>>().toEqualTypeOf<Conv2dParams & { readonly shortcut: Conv2dParams }>()
    const join = projectedAdd(batchNorm(), subsampleAndPad({ out: 4, stride: 1 }))
    expectTypeOf<ParamsOf<typeof join>>().toEqualTypeOf<BatchNormParams>()
    expectTypeOf<StateOf<typeof join>>().toEqualTypeOf<BatchNormState>()
  })

  it('projects up and down with in times out weights, and one more for each output with a bias', () => {
    expect(summary(projection({ out: 256, stride: 1 }), [56, 56, 64])).toMatchObject({
      params: 64 * 256,
      output: [56, 56, 256],
    })
    expect(summary(projection({ out: 16, stride: 2, bias: true }), [28, 28, 64])).toMatchObject({
      params: 64 * 16 + 16,
      output: [14, 14, 16],
    })
    expect(summary(subsampleAndPad({ out: 32, stride: 2 }), [7, 7, 16])).toMatchObject({
      params: 0,
      macs: 0,
      output: [4, 4, 32],
    })
  })

  it('names the sides whose shapes differ, and the part that cannot take its input', () => {
    const net = sequential({
      add: projectedAdd(conv2d({ out: 128, size: 3, stride: 2 }), projection({ out: 128, stride: 1 })),
    })
    expect(() => net.plan([28, 28, 64])).toThrow(
      new ShapeError(
        'add',
        'branch [14,14,128] and shortcut [28,28,128] differ; give both the same stride and output channels',
      ),
    )
    expect(() =>
      projectedAdd(conv2d({ out: 8, size: 3 }), subsampleAndPad({ out: 8, stride: 1 })).plan([4, 4, 16]),
    ).toThrow(
      new ShapeError(
        'shortcut',
        'subsampleAndPad adds channels, but the input [4,4,16] has more than 8; use projection to reduce them',
      ),
    )
    expect(() => subsampleAndPad({ out: 8, stride: 1 }).plan([4])).toThrow(
      'subsampleAndPad takes [height,width,channels], but the input is [4]',
    )
    expect(() => subsampleAndPad({ out: 8, stride: 0 })).toThrow(
      new RangeError('subsampleAndPad: stride must be a whole number of at least 1, not 0'),
    )
    expect(() => subsampleAndPad({ out: 8, stride: 1, zeros: 'before' as never })).toThrow(
      new RangeError("subsampleAndPad: zeros must be 'after' or 'around', not before"),
    )
  })
})
