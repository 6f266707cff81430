import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { conv2d, type Conv2dParams } from '@resfn/conv2d'
import { InputError, type Layer, summary, untyped } from '@resfn/layer'
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
import { applyWeightStandardisation, type Gained, scaledWeightStandardisation, weightStandardisation } from './index.ts'

type Case = { readonly [name in 'x' | 'weight' | 'y' | 'dy' | 'dx' | 'dweight']: Values } & {
  readonly [name in 'gain' | 'dgain']?: Values
} & { readonly [name in 'epsilon' | 'gamma' | 'out' | 'size' | 'stride' | 'groups']: number } & {
  readonly kind: 'plain' | 'scaled'
}
const { cases } = readFixture<{ readonly cases: readonly Case[] }>(new URL('./fixtures/torch.json', import.meta.url))

describeBackends('weightStandardisation', () => {
  it.each(cases)('has the values and gradients of timm ($kind, $groups groups)', (fixture) => {
    tf.tidy(() => {
      const { kind, out, size, stride, groups, epsilon, gamma } = fixture
      const conv = conv2d({ out, size, stride, groups })
      const layer = untyped(
        kind === 'plain'
          ? weightStandardisation(conv, { epsilon })
          : scaledWeightStandardisation(conv, { epsilon, gamma }),
      )
      const gain = fixture.gain && { gain: tensorOf(fixture.gain) }
      const tree = { params: { weight: tensorOf(fixture.weight), ...gain }, x: tensorOf(fixture.x) }
      expectClose(layer.apply(tree.params, tree.x, {}), fixture.y.values)
      const gradients = gradientOf(
        (at: typeof tree) => layer.train(at.params, at.x, key(0)).y,
        tree,
        tensorOf(fixture.dy),
      )
      expectClose(gradients.x, fixture.dx.values)
      expectClose(gradients.params.weight, fixture.dweight.values, 1e-4)
      if (fixture.dgain) expectClose(gradients.params.gain!, fixture.dgain.values)
    })
  })

  it('gives each filter the mean 0 and the variance 1, whatever its scale and shift', () => {
    tf.tidy(() => {
      const weight = draw(1, 3, 3, 4, 5)
      const standard = applyWeightStandardisation(weight)
      const { mean, variance } = tf.moments(standard, [0, 1, 2])
      for (const value of mean.dataSync()) expect(Math.abs(value)).toBeLessThan(1e-6)
      expectClose(variance, [1, 1, 1, 1, 1])
      expectClose(applyWeightStandardisation(tf.add(tf.mul(weight, 7), 3)), standard, 1e-5)
    })
  })

  it('has the gradients of finite differences', () => {
    const conv = conv2d({ out: 2, size: 3 })
    const [plain, scaled] = [weightStandardisation(conv), scaledWeightStandardisation(conv)]
    const tree = { params: { weight: draw(1, 3, 3, 2, 2) }, x: draw(2, 1, 3, 3, 2) }
    const upstream = draw(3, 1, 3, 3, 2)
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.sum(tf.mul(plain.train(params, x, key(0)).y, upstream))
    checkGradients(f, tree, gradientOf(f, tree), { step: 3e-3, tolerance: 1e-2 })
    const gained = { ...tree, params: { ...tree.params, gain: tf.tensor1d([0.5, 2]) } }
    const g = ({ params, x }: typeof gained): tf.Tensor => tf.sum(tf.mul(scaled.train(params, x, key(0)).y, upstream))
    checkGradients(g, gained, gradientOf(g, gained), { step: 3e-3, tolerance: 1e-2 })
  })

  it('leaves no tensor behind, gradients included', () => {
    const conv = conv2d({ out: 2, size: 3 })
    const layers = [weightStandardisation(conv), scaledWeightStandardisation(conv)]
    const [weight, gain, x] = [draw(1, 3, 3, 2, 2), tf.ones([2]), draw(2, 1, 3, 3, 2)]
    layers.forEach((layer, i) => {
      const params = i === 0 ? { weight } : { weight, gain }
      const run = untyped(layer)
      expectNoLeak(() => run.apply(params, x, {}).dispose())
      expectNoLeak(() => tf.tidy(() => void gradientOf((at: object) => run.train(at, x, key(0)).y, params)))
    })
    expectNoLeak(() => applyWeightStandardisation(weight).dispose())
  })

  it('says what is wrong', () => {
    expect(() => weightStandardisation(conv2d({ out: 2, size: 3 }), { epsilon: -1 })).toThrow(
      new OptionsError('weightStandardisation: epsilon must be a finite number of at least 0, not -1'),
    )
    const weight = draw(1, 3, 3, 2, 2)
    weight.dispose()
    expect(() => applyWeightStandardisation(weight)).toThrow(InputError)
  })
})

describe('the plan of weightStandardisation', () => {
  it('is that of the convolution, and one gain for each filter where it is scaled', () => {
    const conv = conv2d({ out: 8, size: 3, groups: 2 })
    const plain = weightStandardisation(conv)
    expect(summary(plain, [4, 4, 6])).toEqual(summary(conv, [4, 4, 6]))
    expect(plain.plan([4, 4, 6]).kind).toBe('standardised conv2d 3x3 groups 2')
    const scaled = scaledWeightStandardisation(conv)
    expect(summary(scaled, [4, 4, 6]).params).toBe(summary(conv, [4, 4, 6]).params + 8)
    expectTypeOf(plain).toEqualTypeOf<Layer<Conv2dParams>>()
    expectTypeOf(scaled).toEqualTypeOf<Layer<Gained<Conv2dParams>>>()
  })
})
