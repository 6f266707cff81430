import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { tanh } from '@resfn/activation'
import type { BatchNormParams, BatchNormState } from '@resfn/batch-norm'
import type { DenseParams } from '@resfn/dense'
import { init, type ParamsOf, sequential, type StateOf, summary } from '@resfn/layer'
import { makers } from '@resfn/makers'
import { key } from '@resfn/random'
import { splitChannels } from '@resfn/split-channels'
import { reduceToMultiple } from '@resfn/squeeze-and-excitation'
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
import { type SelectiveKernel, selectiveKernel } from './index.ts'

const cases = torchCases(new URL('./fixtures/torch.json', import.meta.url))

const blocks: { readonly [name: string]: SelectiveKernel } = {
  parallel: selectiveKernel({ out: 6, stride: 2, hidden: reduceToMultiple({ ratio: 0.5, multiple: 2, atLeast: 0.9 }) }),
  'in groups': selectiveKernel({ out: 4, groups: 2 }),
  split: selectiveKernel({ out: 4, on: splitChannels }),
}

/** The names of timm. */
const keyOf = (path: string): string =>
  path.replace('.path', '.').replace('fc1', 'fc_reduce').replace('fc2', 'fc_select')

describeBackends('selectiveKernel', () => {
  it.each(cases)('has the values, gradients and statistics of timm ($name)', (fixture) => {
    expectTorchCase(blocks[fixture.name]!, fixture, keyOf)
  })

  it('with scores of zero is the mean of its paths', () => {
    tf.tidy(() => {
      const block = selectiveKernel({ out: 8 })
      const { params, state } = init(block, key(1), [5, 4, 3])
      const x = draw(2, 2, 5, 4, 3)
      const equal = {
        ...params,
        attn: { ...params.attn, fc2: map(params.attn.fc2, (leaf: tf.Tensor) => tf.zerosLike(leaf)) },
      }
      const { path0, path1 } = block.layers.paths.layers
      const [a, b] = [
        path0.apply(params.paths.path0, x, state.paths.path0),
        path1.apply(params.paths.path1, x, state.paths.path1),
      ]
      expectClose(block.apply(equal, x, state), tf.div(tf.add(a, b), 2), 1e-6)
    })
  })

  it('has paths that see 3x3 and 5x5 pixels', () => {
    tf.tidy(() => {
      const { paths } = selectiveKernel({ out: 1 }).layers
      const { params, state } = init(paths, key(3), [7, 7, 1])
      const pulse = tf.tensor4d(
        Array.from({ length: 49 }, (_, i) => (i === 24 ? 1 : 0)),
        [1, 7, 7, 1],
      )
      const seen = (path: 'path0' | 'path1'): number => {
        const { conv } = paths.layers[path].layers
        const y = tf.squeeze(conv.apply(params[path].conv, pulse, {}))
        const rows = tf.any(tf.notEqual(y, 0), 1).dataSync()
        return rows.lastIndexOf(1) - rows.indexOf(1) + 1
      }
      expect([seen('path0'), seen('path1')]).toEqual([3, 5])
      expect(paths.apply(params, pulse, state).shape).toEqual([1, 7, 7, 2])
    })
  })

  it('has the gradients of finite differences', () => {
    const block = selectiveKernel({ out: 2, hidden: () => 2, on: splitChannels }, { ...makers, act: tanh })
    const tree = { params: init(block, key(5), [2, 2, 2]).params, x: draw(6, 3, 2, 2, 2) }
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.mean(tf.square(block.train(params, x, key(0)).y))
    checkGradients(f, tree, gradientOf(f, tree), { step: 3e-3, tolerance: 3e-2 })
  })

  it('leaves no tensor behind, gradients included', () => {
    const block = selectiveKernel({ out: 4, groups: 2 })
    const { params, state } = init(block, key(0), [4, 4, 4])
    const x = draw(1, 2, 4, 4, 4)
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => block.train(p, x, key(0)).y, params)))
    expectNoLeak(() => block.apply(params, x, state).dispose())
  })
})

describeBackends('the shares of the paths', () => {
  it('add up to 1 for each channel of each image, and are not negative', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(), (out, seed) =>
        tf.tidy(() => {
          const shares = selectiveKernel({ out }).layers.attn.layers.branch
          const { params, state } = init(shares, key(seed), [3, 2, 2 * out])
          const loud = map(params, (leaf: tf.Tensor) => tf.mul(leaf, 5))
          const a = shares.apply(loud, draw(seed, 2, 3, 2, 2 * out), state)
          expectClose(tf.sum(tf.reshape(a, [2, 2, out]), 1), new Float32Array(2 * out).fill(1), 1e-6)
          expect([...a.dataSync()].filter((share) => share < 0)).toEqual([])
        }),
      ),
      { numRuns: 20 },
    )
  })
})

describe('the plan of selectiveKernel', () => {
  it('has two filters, their normalisations, and a perceptron without biases', () => {
    const { params, output } = summary(selectiveKernel({ out: 128, groups: 32, stride: 2 }), [56, 56, 128])
    expect(output).toEqual([28, 28, 128])
    expect(params).toBe(2 * (9 * 4 * 128 + 2 * 128) + 128 * 8 + 2 * 8 + 8 * 256)
    expectTypeOf<ParamsOf<SelectiveKernel>['paths']['path1']['bn']>().toEqualTypeOf<BatchNormParams>()
    expectTypeOf<ParamsOf<SelectiveKernel>['attn']['fc1']>().toEqualTypeOf<DenseParams>()
    expectTypeOf<StateOf<SelectiveKernel>['attn']['bn']>().toEqualTypeOf<BatchNormState>()
  })

  it('says what is wrong', () => {
    expect(() => sequential({ conv2: selectiveKernel({ out: 4, on: splitChannels }) }).plan([4, 4, 3])).toThrow(
      'conv2.paths.path0: the channels of [4,4,3] cannot be split into 2 equal parts',
    )
    expect(() => selectiveKernel({ out: 4, kernel: 3 } as never)).toThrow('there is no option kernel')
  })
})
