import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { relu, tanh } from '@resfn/activation'
import type { DenseParams } from '@resfn/dense'
import { init, lift, type ParamsOf, sequential, ShapeError, type StateOf, summary } from '@resfn/layer'
import { makers } from '@resfn/makers'
import { OptionsError } from '@resfn/options'
import { key } from '@resfn/random'
import { map } from '@resfn/tree'
import {
  checkGradients,
  describeBackends,
  draw,
  expectClose,
  expectNoLeak,
  expectTorchCase,
  gradientOf,
  torchCases,
} from '@resfn/test-utils'
import {
  excitation,
  reduceBy,
  reduceToMultiple,
  type SqueezeAndExcitation,
  squeezeAndExcitation,
  type SqueezeAndExcitationOptions,
} from './index.ts'

const cases = torchCases(new URL('./fixtures/torch.json', import.meta.url))
const optionsOf: { readonly [name: string]: SqueezeAndExcitationOptions } = {
  timm: {},
  'a quarter': { hidden: reduceToMultiple({ ratio: 0.25, multiple: 4 }) },
}

const image = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 20 }))

describeBackends('squeezeAndExcitation', () => {
  it.each(cases)('has the values and gradients of timm ($name)', (fixture) => {
    expectTorchCase(squeezeAndExcitation(optionsOf[fixture.name]), fixture)
  })

  it('with a last layer of zeros is half its input: the gate is sigmoid(0)', () => {
    fc.assert(
      fc.property(image, fc.nat(), ([height, width, channels], seed) =>
        tf.tidy(() => {
          const block = squeezeAndExcitation()
          const { params } = init(block, key(seed), [height, width, channels])
          const x = draw(seed, 2, height, width, channels)
          const silent = { ...params, fc2: map(params.fc2, (leaf: tf.Tensor) => tf.zerosLike(leaf)) }
          expectClose(block.apply(silent, x, {}), tf.div(x, 2), 1e-6)
        }),
      ),
      { numRuns: 20 },
    )
  })

  it('weights each channel of each image by one number from 0 to 1', () => {
    fc.assert(
      fc.property(image, fc.nat(), ([height, width, channels], seed) =>
        tf.tidy(() => {
          const block = squeezeAndExcitation()
          const params = map(init(block, key(seed), [height, width, channels]).params, (leaf: tf.Tensor) =>
            tf.mul(leaf, 5),
          )
          const x = tf.add(tf.abs(draw(seed, 3, height, width, channels)), 0.5)
          const gate = tf.div(block.apply(params, x, {}), x)
          expectClose(gate, tf.add(tf.zerosLike(x), tf.mean(gate, [1, 2], true)), 1e-5)
          expect([...gate.dataSync()].filter((g) => !(g >= 0 && g <= 1))).toEqual([])
        }),
      ),
      { numRuns: 20 },
    )
  })

  it('does not see where in the image something is', () => {
    tf.tidy(() => {
      const block = squeezeAndExcitation()
      const { params } = init(block, key(1), [3, 4, 5])
      const x = draw(2, 2, 3, 4, 5)
      const turned = (y: tf.Tensor): tf.Tensor => tf.reverse(y, [1, 2])
      expectClose(block.apply(params, turned(x), {}), turned(block.apply(params, x, {})))
    })
  })

  it('has the gradients of finite differences', () => {
    const block = squeezeAndExcitation({}, { ...makers, act: tanh })
    const tree = { params: init(block, key(3), [2, 2, 3]).params, x: draw(4, 2, 2, 2, 3) }
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.sum(tf.square(block.train(params, x, key(0)).y))
    checkGradients(f, tree, gradientOf(f, tree))
  })

  it('takes another gate', () => {
    tf.tidy(() => {
      const block = squeezeAndExcitation({ gate: lift((z) => tf.zerosLike(z)) })
      const { params } = init(block, key(0), [2, 2, 4])
      expectClose(block.apply(params, draw(1, 1, 2, 2, 4), {}), new Float32Array(16), 0)
    })
  })

  it('leaves no tensor behind, gradients included', () => {
    const block = squeezeAndExcitation()
    const { params } = init(block, key(0), [3, 3, 4])
    const x = draw(1, 2, 3, 3, 4)
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => block.train(p, x, key(0)).y, params)))
    expectNoLeak(() => tf.tidy(() => void block.apply(params, x, {})))
  })
})

describe('the plan of squeezeAndExcitation', () => {
  it('has 2 C²/16 weights and its biases, and the trees fc1 and fc2', () => {
    const { params, macs, output, rows } = summary(sequential({ se: squeezeAndExcitation() }), [7, 7, 2048])
    expect([params, macs, output]).toEqual([2 * 2048 * 128 + 128 + 2048, 2 * 2048 * 128, [7, 7, 2048]])
    expect(rows.filter((row) => row.params > 0).map(({ path }) => path)).toEqual(['se', 'se.fc1', 'se.fc2'])
    expectTypeOf<ParamsOf<SqueezeAndExcitation>>().toEqualTypeOf<{
      readonly fc1: DenseParams
      readonly fc2: DenseParams
    }>()
    expectTypeOf<keyof StateOf<SqueezeAndExcitation>>().toEqualTypeOf<never>()
  })

  it('adds 2,530,992 parameters to the branches of ResNet-50', () => {
    const added = [
      [256, 3],
      [512, 4],
      [1024, 6],
      [2048, 3],
    ].reduce((sum, [channels, blocks]) => sum + blocks! * summary(squeezeAndExcitation(), [7, 7, channels!]).params, 0)
    expect(added).toBe(2530992)
  })

  it('says what is wrong', () => {
    expect(() => sequential({ se: squeezeAndExcitation() }).plan([64])).toThrow(
      new ShapeError('se.squeeze', 'globalAvgPool takes [height,width,channels], but the input is [64]'),
    )
    expect(() => squeezeAndExcitation({ hiden: reduceBy(4) } as never)).toThrow('did you mean hidden?')
    expect(() => squeezeAndExcitation({ gate: 'sigmoid' as never })).toThrow(
      "squeezeAndExcitation: gate must be a layer, not 'sigmoid'",
    )
    expect(() => excitation({ channels: 8, hidden: () => 0.5 })).toThrow(OptionsError)
  })
})

describe('the excitation', () => {
  it('has no biases where it is told so, and another activation', () => {
    const { params } = excitation({ channels: 32, hidden: reduceBy(4), bias: false }).plan([32])
    expect(params).toMatchObject({ fc1: { weight: { shape: [32, 8] } }, fc2: { weight: { shape: [8, 32] } } })
    expect(Object.keys(params.fc1)).toEqual(['weight'])
    expect(excitation({ channels: 4 }).layers.act).toBe(relu)
    expect(excitation({ channels: 4 }, { ...makers, act: tanh }).layers.act).toBe(tanh)
  })
})

describe('reductions', () => {
  it('are the tables of timm, of the legacy nets and of ResNet-RS', () => {
    const channels = [16, 64, 128, 256, 512, 1024, 2048]
    expect(channels.map(reduceToMultiple())).toEqual([8, 8, 8, 16, 32, 64, 128])
    expect(channels.map(reduceBy(16))).toEqual([1, 4, 8, 16, 32, 64, 128])
    expect(channels.map(reduceToMultiple({ ratio: 0.25 }))).toEqual([8, 16, 32, 64, 128, 256, 512])
    expect(reduceBy(16)(8)).toBe(1)
  })

  it('round half up, and one up where too little is left', () => {
    expect([176, 191, 192].map(reduceToMultiple())).toEqual([8, 8, 16])
    expect([11, 12].map(reduceToMultiple({ ratio: 1 }))).toEqual([8, 16])
    expect([8, 9, 11].map(reduceToMultiple({ ratio: 1, atLeast: 0.9 }))).toEqual([8, 16, 16])
  })

  it('are always multiples, and at least one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4096 }), fc.constantFrom(1, 8, 16, 32), (channels, multiple) => {
        const hidden = reduceToMultiple({ multiple, atLeast: 0.9 })(channels)
        expect(hidden % multiple).toBe(0)
        expect(hidden).toBeGreaterThanOrEqual(Math.max(multiple, (0.9 * channels) / 16))
      }),
    )
  })

  it('refuse what is not a share', () => {
    expect(() => reduceBy(0.5)).toThrow('reduceBy: by must be a whole number of at least 1, not 0.5')
    expect(() => reduceToMultiple({ ratio: 16 })).toThrow(
      'reduceToMultiple: ratio must be a number from 0 to 1, not 16',
    )
  })
})
