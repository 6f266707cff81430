import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { constant, type Empty, init, type Layer, sequential, ShapeError, summary } from '@resfn/layer'
import { key } from '@resfn/random'
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
import { applyGemPool, gemPool, type GemPoolParams } from './gem-pool.ts'
import {
  applyAvgMaxPool,
  applyCatAvgMaxPool,
  applyGlobalAvgPool,
  applyGlobalMaxPool,
  avgMaxPool,
  catAvgMaxPool,
  globalAvgPool,
  globalMaxPool,
} from './global-pool.ts'

type Case<N extends string> = { readonly [name in 'x' | 'y' | 'dy' | 'dx' | N]: Values }
const layers = { globalAvgPool, globalMaxPool, avgMaxPool, catAvgMaxPool }
const functions = {
  globalAvgPool: applyGlobalAvgPool,
  globalMaxPool: applyGlobalMaxPool,
  avgMaxPool: applyAvgMaxPool,
  catAvgMaxPool: applyCatAvgMaxPool,
}
type Kind = keyof typeof layers
const { globals, gem } = readFixture<{
  readonly globals: readonly (Case<never> & { readonly kind: Kind })[]
  readonly gem: readonly Case<'p' | 'dp'>[]
}>(new URL('./fixtures/torch.json', import.meta.url))
const pullBack = (layer: Layer<Empty>, x: tf.Tensor, dy: tf.Tensor | number): tf.Tensor =>
  gradientOf((at) => layer.apply({}, at, {}), x, dy)
const power = (p: number): GemPoolParams => ({ p: tf.tensor1d([p]) })

describeBackends('global pooling', () => {
  it.each(globals.map((example) => [`${example.kind} of ${example.x.shape.join('x')}`, example] as const))(
    'equals PyTorch in value and gradient: %s',
    (_, { kind, x, y, dy, dx }) => {
      const pooled = layers[kind].apply({}, tensorOf(x), {})
      expect(pooled.shape).toEqual(y.shape)
      expectClose(pooled, y.values, 1e-6)
      expectClose(pullBack(layers[kind], tensorOf(x), tensorOf(dy)), dx.values, 1e-6)
    },
  )

  it.each(gem.map((example) => [example.p.values[0]!, example] as const))(
    'gemPool equals PyTorch in value and gradients with the power %d',
    (_, { x, y, dy, dx, p, dp }) => {
      const tree = { p: tensorOf(p), x: tensorOf(x) }
      const pooled = applyGemPool({ p: tree.p }, tree.x)
      expect(pooled.shape).toEqual(y.shape)
      expectClose(pooled, y.values, 2e-5)
      const gradients = gradientOf((at) => applyGemPool({ p: at.p }, at.x), tree, tensorOf(dy))
      expectClose(gradients.x, dx.values, 5e-5)
      expectClose(gradients.p, dp.values, 1e-4)
    },
  )

  it('gemPool is the average with the power 1, lies above it with a larger one and below the maximum', () => {
    tf.tidy(() => {
      const x = tf.tensor4d([1, 10, 2, 20, 3, 30, 6, 60], [1, 2, 2, 2])
      expectClose(applyGemPool(power(1), x), applyGlobalAvgPool(x), 1e-5)
      expectClose(applyGemPool(power(20), x), applyGlobalMaxPool(x), 8e-2)
      const [lower, upper] = [applyGemPool(power(2), x), applyGemPool(power(4), x)].map((y) => y.dataSync()[0]!)
      expect([3, lower!, upper!, 6]).toEqual([3, lower!, upper!, 6].sort((a, b) => a - b))
    })
  })

  it('gemPool has the gradients of finite differences', () => {
    const tree = { p: tf.tensor1d([2.5]), x: tf.tensor4d([0.4, 1.2, 0.7, 2.1, 1.6, 0.9, 0.5, 1.1], [1, 2, 2, 2]) }
    const f = ({ p, x }: typeof tree): tf.Tensor => tf.sum(tf.square(applyGemPool({ p }, x)))
    checkGradients(f, tree, gradientOf(f, tree))
  })

  it('is the mean of each channel, with the gradient shared out evenly', () => {
    tf.tidy(() => {
      const x = tf.tensor4d([1, 10, 2, 20, 3, 30, 6, 60], [1, 2, 2, 2])
      expect(globalAvgPool.apply({}, x, {}).arraySync()).toEqual([[3, 30]])
      expect([...pullBack(globalAvgPool, x, tf.tensor2d([[4, 8]])).dataSync()]).toEqual([1, 2, 1, 2, 1, 2, 1, 2])
    })
  })

  it('gives the gradient of equal largest values to the first of them alone', () => {
    expect([...pullBack(globalMaxPool, tf.ones([1, 2, 2, 1]), 1).dataSync()]).toEqual([1, 0, 0, 0])
  })

  it('agrees as layer and as bare function, and puts mean and maximum together', () => {
    tf.tidy(() => {
      const x = tf.sin(tf.reshape(tf.range(0, 2 * 3 * 4 * 3), [2, 3, 4, 3]))
      for (const kind of Object.keys(layers) as Kind[])
        expectClose(layers[kind].apply({}, x, {}), functions[kind](x), 0)
      const [mean, max] = [applyGlobalAvgPool(x), applyGlobalMaxPool(x)]
      expectClose(applyAvgMaxPool(x), tf.div(tf.add(mean, max), 2), 1e-6)
      expectClose(applyCatAvgMaxPool(x), tf.concat([mean, max], 1), 0)
    })
  })

  it('leaves no tensor behind, gradients included', () => {
    const x = tf.ones([1, 4, 4, 2])
    for (const layer of Object.values(layers)) expectNoLeak(() => tf.tidy(() => void pullBack(layer, x, 1)))
    const params = power(3)
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => applyGemPool(p, x), params)))
  })
})

describe('wrong input of global pooling', () => {
  it('is one sample, vectors, integers or a disposed tensor', () => {
    for (const [name, apply] of [
      ...Object.entries(functions),
      ['gemPool', (x: tf.Tensor) => applyGemPool(power(3), x)] as const,
    ]) {
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
    expectTypeOf(applyGlobalAvgPool).parameters.toEqualTypeOf<[x: tf.Tensor]>()
  })

  it('is another power than that of the net, or a misspelt option', () => {
    const net = sequential({ pool: gemPool() })
    expect(() => net.apply({ pool: { p: tf.ones([2]) } }, tf.ones([1, 2, 2, 1]), {})).toThrow(
      'pool.p: gemPool needs [1] in its parameters, but the tensor is [2]',
    )
    expect(() => gemPool({ epsilon: -1 })).toThrow('gemPool: epsilon must be a finite number of at least 0, not -1')
    expect(() => applyGemPool(power(3), tf.ones([1, 2, 2, 1]), { eps: 1 } as never)).toThrow('there is no option eps')
  })
})

describe('the plan of global pooling', () => {
  it('has the channels, or twice the channels', () => {
    expect(globalAvgPool.plan([7, 7, 512])).toMatchObject({ kind: 'globalAvgPool', output: [512], params: {}, macs: 0 })
    expect(globalMaxPool.plan([7, 5, 8]).output).toEqual([8])
    expect(avgMaxPool.plan([7, 5, 8]).output).toEqual([8])
    expect(catAvgMaxPool.plan([7, 5, 8]).output).toEqual([16])
    expect(() => globalAvgPool.plan([5])).toThrow('globalAvgPool takes [height,width,channels], but the input is [5]')
    expectTypeOf(globalMaxPool).toEqualTypeOf<Layer<Empty>>()
  })

  it('has one power, 3 at first', () => {
    expect(summary(gemPool(), [7, 7, 512])).toMatchObject({ params: 1, output: [512] })
    expect([...init(gemPool(), key(0), [7, 7, 2]).params.p.dataSync()]).toEqual([3])
    expect([...init(gemPool({ initial: { p: constant(1) } }), key(0), [7, 7, 2]).params.p.dataSync()]).toEqual([1])
    expect(() => gemPool().plan([5])).toThrow('gemPool takes [height,width,channels], but the input is [5]')
    expectTypeOf(gemPool()).toEqualTypeOf<Layer<GemPoolParams>>()
  })
})
