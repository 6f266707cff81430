import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  absorb,
  init,
  InputError,
  type Layer,
  sequential,
  ShapeError,
  summary,
  VariablesError,
  withState,
} from '@resfn/layer'
import { OptionsError } from '@resfn/options'
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
import {
  applyBatchNorm,
  batchNorm,
  type BatchNormOptions,
  type BatchNormParams,
  type BatchNormState,
  textbookConvention,
  trainBatchNorm,
} from './batch-norm.ts'

type Gradients = { readonly [name in 'dx' | 'dweight' | 'dbias']: Values }
type Case = Gradients & {
  readonly [name in 'x' | 'weight' | 'bias' | 'mean' | 'variance' | 'y' | 'nextMean' | 'nextVariance' | 'dy']: Values
} & {
  readonly epsilon: number
  readonly decay: number
  readonly evaluated: Gradients & { readonly y: Values }
}
const { cases } = readFixture<{ readonly cases: readonly Case[] }>(new URL('./fixtures/torch.json', import.meta.url))

/** Parameters and input in one tree, to differentiate by all of them. */
type Inputs = { readonly params: BatchNormParams; readonly x: tf.Tensor }

const differentiate = (
  f: (inputs: Inputs) => tf.Tensor,
  inputs: Inputs,
): { readonly y: tf.Tensor; readonly gradients: Inputs } => {
  return { y: f(inputs), gradients: gradientOf(f, inputs) }
}

const randomInputs = (seed: number, shape: readonly number[]): Inputs => {
  const channels = shape.at(-1)!
  return { params: { weight: draw(seed + 1, channels), bias: draw(seed + 2, channels) }, x: draw(seed + 3, ...shape) }
}

/** The training form written out in tfjs operations, so that its gradient is automatic. */
const composed = ({ params: { weight, bias }, x }: Inputs, epsilon = 1e-5): tf.Tensor => {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis)
  const mean = tf.mean(x, axes)
  const centred = tf.sub(x, mean)
  const variance = tf.mean(tf.square(centred), axes)
  return tf.add(tf.mul(weight, tf.div(centred, tf.sqrt(tf.add(variance, epsilon)))), bias)
}

const small = [
  [1, 2],
  [3, 4],
]
const oneAndZero = (): BatchNormParams => ({ weight: tf.ones([2]), bias: tf.zeros([2]) })

/** The running statistics after one batch of the small example, from the first state of the convention. */
const afterOneBatch = (options: BatchNormOptions): { readonly [name in keyof BatchNormState]: number[] } => {
  const net = batchNorm(options)
  const { params, state } = init(net, key(0), [2])
  const { mean, variance } = absorb(0.9)(state, net.train(params, tf.tensor2d(small), key(0)).seen)
  return { mean: [...mean.dataSync()], variance: [...variance.dataSync()] }
}

describeBackends('batch normalisation', () => {
  it.each(cases)('equals PyTorch in training: output, running statistics and gradients (case %$)', (example) => {
    const { epsilon, decay } = example
    const train = (params: BatchNormParams, x: tf.Tensor) => trainBatchNorm(params, x, { epsilon })
    const state = { mean: tensorOf(example.mean), variance: tensorOf(example.variance) }
    const inputs = {
      params: { weight: tensorOf(example.weight), bias: tensorOf(example.bias) },
      x: tensorOf(example.x),
    }
    const next = absorb(decay)(state, train(inputs.params, inputs.x).seen)
    expectClose(next.mean, example.nextMean.values)
    expectClose(next.variance, example.nextVariance.values)
    expectClose(train(inputs.params, inputs.x).y, example.y.values)
    const { gradients } = differentiate(({ params, x }) => tf.mul(train(params, x).y, tensorOf(example.dy)), inputs)
    expectClose(gradients.x, example.dx.values, 5e-5)
    expectClose(gradients.params.weight, example.dweight.values, 2e-5)
    expectClose(gradients.params.bias, example.dbias.values, 2e-5)
  })

  it.each(cases)('equals PyTorch in evaluation: output and gradients (case %$)', (example) => {
    const { epsilon } = example
    const state = { mean: tensorOf(example.mean), variance: tensorOf(example.variance) }
    const inputs = {
      params: { weight: tensorOf(example.weight), bias: tensorOf(example.bias) },
      x: tensorOf(example.x),
    }
    expectClose(applyBatchNorm(inputs.params, inputs.x, state, { epsilon }), example.evaluated.y.values)
    const { gradients } = differentiate(
      ({ params, x }) => tf.mul(applyBatchNorm(params, x, state, { epsilon }), tensorOf(example.dy)),
      inputs,
    )
    expectClose(gradients.x, example.evaluated.dx.values)
    expectClose(gradients.params.weight, example.evaluated.dweight.values, 2e-5)
    expectClose(gradients.params.bias, example.evaluated.dbias.values, 2e-5)
  })

  it('gives plus and minus 0.999995 for the columns 1, 3 and 2, 4', () => {
    expectClose(trainBatchNorm(oneAndZero(), tf.tensor2d(small)).y, [-0.999995, -0.999995, 0.999995, 0.999995], 1e-6)
  })

  it('keeps the running statistics of each convention', () => {
    const torch = afterOneBatch({})
    expectClose(torch.mean, [0.2, 0.3], 1e-6)
    expectClose(torch.variance, [1.1, 1.1], 1e-6)
    const textbook = afterOneBatch(textbookConvention)
    expectClose(textbook.mean, [0.2, 0.3], 1e-6)
    expectClose(textbook.variance, [0.1, 0.1], 1e-6)
    expectClose(afterOneBatch({ runningVariance: 'biased' }).variance, [1, 1], 1e-6)
  })

  it('multiplies by 316.2278 when evaluated before any training, with the textbook’s variance of 0', () => {
    const net = batchNorm(textbookConvention)
    const { params, state } = init(net, key(0), [2])
    expectClose(
      withState(net, state)(params, tf.tensor2d(small)),
      small.flat().map((x) => x * 316.2278),
      1e-6,
    )
  })

  it('gives channels of mean = bias and variance = weight squared, whatever goes in', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 1, max: 5 }),
        (seed, batch, side, channels) => {
          tf.tidy(() => {
            const { params, x } = randomInputs(seed, [batch, side, side, channels])
            const { y } = trainBatchNorm(params, tf.add(tf.mul(x, 5), 3), { epsilon: 0 })
            const moments = tf.moments(y, [0, 1, 2])
            expectClose(moments.mean, tf.mul(params.bias, 1), 1e-4)
            expectClose(tf.sqrt(moments.variance), tf.abs(params.weight), 1e-3)
          })
        },
      ),
      { numRuns: 25 },
    )
  })

  it('does not see the scale and shift of its input', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.float({ min: Math.fround(0.1), max: 10, noNaN: true }),
        fc.float({ min: -5, max: 5, noNaN: true }),
        (seed, scale, shift) => {
          tf.tidy(() => {
            const { params, x } = randomInputs(seed, [8, 3])
            const train = (at: tf.Tensor): tf.Tensor => trainBatchNorm(params, at, { epsilon: 0 }).y
            expectClose(train(tf.add(tf.mul(x, scale), shift)), train(x), 1e-3)
          })
        },
      ),
      { numRuns: 25 },
    )
  })

  it('changes nothing if and only if weight is the deviation and bias the mean', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom(0.05, 0.5),
        fc.constantFrom('weight' as const, 'bias' as const),
        (seed, by, spoilt) => {
          tf.tidy(() => {
            const { x } = randomInputs(seed, [6, 2, 2, 3])
            const { mean, variance } = tf.moments(x, [0, 1, 2])
            const params = { weight: tf.sqrt(tf.add(variance, 1e-5)), bias: mean }
            expectClose(trainBatchNorm(params, x).y, x, 1e-5)
            expectClose(applyBatchNorm(params, x, { mean, variance }), x, 1e-5)
            const other = trainBatchNorm({ ...params, [spoilt]: tf.add(params[spoilt], by) }, x).y
            expect(tf.max(tf.abs(tf.sub(other, x))).dataSync()[0]).toBeGreaterThan(by / 10)
          })
        },
      ),
      { numRuns: 20 },
    )
  })

  it('has in closed form the gradient of its written-out form', () => {
    for (const shape of [
      [4, 3],
      [2, 3, 4, 5],
      [3, 5, 5, 8],
    ]) {
      const inputs = randomInputs(5, shape)
      const upstream = randomInputs(6, shape).x
      const weigh = (y: tf.Tensor): tf.Tensor => tf.mul(y, upstream)
      const closed = differentiate(({ params, x }) => weigh(trainBatchNorm(params, x).y), inputs)
      const automatic = differentiate((tree) => weigh(composed(tree)), inputs)
      expectClose(closed.y, automatic.y, 1e-5)
      expectClose(closed.gradients.x, automatic.gradients.x, 1e-4)
      expectClose(closed.gradients.params.weight, automatic.gradients.params.weight, 1e-4)
      expectClose(closed.gradients.params.bias, automatic.gradients.params.bias, 1e-4)
    }
  })

  it('has the gradients of finite differences, in training and evaluation', () => {
    const inputs = randomInputs(9, [3, 2, 2, 2])
    const state = { mean: tf.tensor1d([0.2, -0.1]), variance: tf.tensor1d([0.5, 2]) }
    const forms: readonly ((tree: Inputs) => tf.Tensor)[] = [
      ({ params, x }) => trainBatchNorm(params, x, { epsilon: 1e-3 }).y,
      ({ params, x }) => applyBatchNorm(params, x, state, { epsilon: 1e-3 }),
    ]
    for (const form of forms) {
      const f = (tree: Inputs): tf.Tensor =>
        tf.sum(tf.mul(tf.square(form(tree)), tf.reshape(tf.linspace(-1, 2, 24), [3, 2, 2, 2])))
      checkGradients(f, inputs, gradientOf(f, inputs))
    }
  })

  it('sends gradients that sum to 0 over each channel, because a shift of the input changes nothing', () => {
    const inputs = randomInputs(2, [2, 3, 3, 4])
    const upstream = randomInputs(3, [2, 3, 3, 4]).x
    const { gradients } = differentiate(({ params, x }) => tf.mul(trainBatchNorm(params, x).y, upstream), inputs)
    const total = tf.max(tf.abs(tf.sum(gradients.x, [0, 1, 2]))).dataSync()[0]!
    expect(total).toBeLessThan(1e-4 * tf.sum(tf.abs(gradients.x)).dataSync()[0]!)
  })

  it('stays finite on constant channels and on inputs with a large mean', () => {
    const { y } = trainBatchNorm(
      oneAndZero(),
      tf.tensor2d([
        [7, 1e4],
        [7, 1e4 + 1],
        [7, 1e4 + 2],
      ]),
    )
    expectClose(y, [0, -1.2247357, 0, 0, 0, 1.2247357], 1e-4)
  })

  it('leaves no tensor behind, gradients included', () => {
    const inputs = randomInputs(1, [2, 3, 3, 2])
    const state = { mean: tf.zeros([2]), variance: tf.ones([2]) }
    expectNoLeak(() => tf.tidy(() => void applyBatchNorm(inputs.params, inputs.x, state)))
    expectNoLeak(() => tf.tidy(() => void differentiate(({ params, x }) => trainBatchNorm(params, x).y, inputs)))
  })

  it('needs more than one value a channel, unless the variance is biased', () => {
    const x = tf.ones([1, 2])
    expect(() => trainBatchNorm(oneAndZero(), x)).toThrow(
      new InputError(
        '',
        'batchNorm: training needs more than one value a channel, but the batch is [1,2]; use a larger batch',
      ),
    )
    expectClose(
      trainBatchNorm({ weight: tf.ones([2]), bias: tf.tensor1d([3, 4]) }, x, { runningVariance: 'biased' }).y,
      [3, 4],
    )
  })
})

describe('wrong input of batch normalisation', () => {
  const net = sequential({ bn: batchNorm() })
  const { params, state } = init(net, key(0), [4, 4, 2])
  const x = tf.ones([2, 4, 4, 2])

  it('is a state that was forgotten, or that of another net', () => {
    const remedy = 'pass the state that init made for this net'
    expect(() => (batchNorm().apply as (...given: unknown[]) => unknown)(params.bn, x)).toThrow(
      new VariablesError('', `batchNorm needs its state, mean and variance, not undefined; ${remedy}`),
    )
    expect(() => net.apply(params, x, { bn: {} } as never)).toThrow(
      new VariablesError('bn.mean', `batchNorm needs a tensor [2] in its state, but there is none; ${remedy}`),
    )
    expect(() => net.apply(params, x, { bn: { ...state.bn, variance: tf.ones([3]) } })).toThrow(
      new VariablesError('bn.variance', `batchNorm needs [2] in its state, but the tensor is [3]; ${remedy}`),
    )
    expect(() => applyBatchNorm(params.bn, x, undefined as never)).toThrow(VariablesError)
  })

  it('is another layout, other channels, integers or parameters of another net', () => {
    for (const run of [
      (given: tf.Tensor) => net.apply(params, given, state),
      (given: tf.Tensor) => net.train(params, given, key(0)),
    ]) {
      expect(() => run(tf.ones([4, 4, 2]))).toThrow(
        new ShapeError(
          'bn',
          'batchNorm takes [batch,features] or [batch,height,width,channels], but the input is [4,4,2]; add the batch axis with tf.expandDims(x, 0)',
        ),
      )
      expect(() => run(tf.ones([3, 2, 4, 4]))).toThrow('use tf.transpose(x, [0, 2, 3, 1])')
      expect(() => run(tf.ones([2, 4, 4, 2], 'int32'))).toThrow('bn: batchNorm takes float32, but the input is int32')
    }
    expect(() => net.train({ bn: { ...params.bn, bias: tf.ones([3]) } }, x, key(0))).toThrow(
      'bn.bias: batchNorm needs [2] in its parameters, but the tensor is [3]',
    )
    expect(() => trainBatchNorm(undefined as never, x)).toThrow('batchNorm needs its parameters')
  })

  it('is options that do not exist', () => {
    expect(() => batchNorm({ momentum: 0.9 } as never)).toThrow('batchNorm: there is no option momentum')
    expect(() => batchNorm({ eps: 1e-3 } as never)).toThrow('there is no option eps; did you mean epsilon?')
    expect(() => trainBatchNorm(params.bn, x, { runningVariance: 'population' as 'biased' })).toThrow(
      "runningVariance must be one of 'unbiased', 'biased', not 'population'",
    )
    expectTypeOf(applyBatchNorm).parameters.toEqualTypeOf<
      [
        params: BatchNormParams,
        x: tf.Tensor,
        state: BatchNormState,
        options?: Pick<BatchNormOptions, 'epsilon'> | undefined,
      ]
    >()
  })
})

describe('the plan of batch normalisation', () => {
  it('counts weight and bias as parameters, mean and variance as buffers', () => {
    expect(summary(batchNorm(), [28, 28, 16])).toMatchObject({ params: 32, buffers: 32, macs: 0, output: [28, 28, 16] })
    expect(Object.keys(batchNorm().plan([5]).params)).toEqual(['weight', 'bias'])
    expect(Object.keys(batchNorm().plan([5]).state)).toEqual(['mean', 'variance'])
  })

  it('says which shapes and epsilons it cannot take', () => {
    expect(() => batchNorm().plan([4, 4])).toThrow(
      new ShapeError('', 'batchNorm takes [features] or [height,width,channels], but the input is [4,4]'),
    )
    expect(() => batchNorm({ epsilon: -1 })).toThrow(
      new OptionsError('batchNorm: epsilon must be a finite number of at least 0, not -1'),
    )
  })

  it('has the same type of tree for state and for what a batch showed', () => {
    expectTypeOf(batchNorm()).toEqualTypeOf<Layer<BatchNormParams, BatchNormState>>()
    expectTypeOf<ReturnType<typeof trainBatchNorm>['seen']>().toEqualTypeOf<BatchNormState>()
  })
})
