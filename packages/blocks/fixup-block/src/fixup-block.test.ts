import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { type AnyLayer, constant, init, ones, type ParamsOf, repeat, summary, type Variables } from '@resfn/layer'
import { subsampleAndPad } from '@resfn/projected-add'
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
  tensorOf,
  type TorchCase,
  torchCases,
} from '@resfn/test-utils'
import { fixupBlock, fixupBranch, projectedFixupBlock, scaledByDepth } from './fixup-block.ts'

type Case = TorchCase & { readonly out: number; readonly stride: number }
const cases = torchCases(new URL('./fixtures/torch.json', import.meta.url)) as readonly Case[]

/** A scalar is no module there, and has the name of its part alone. */
const keyOf = (path: string): string => path.replace(/\.bias$|^(scale)\.weight$/, '$1')

type Params = ParamsOf<ReturnType<typeof fixupBlock>>

/** Blocks in a row, and the gradient of each of their second convolutions. */
const squaredGradients = (blocks: number, { params }: Variables<readonly Params[], unknown>): number => {
  const net = repeat(Array.from({ length: blocks }, () => fixupBlock({ out: 8, blocks })))
  const x = tf.relu(draw(1, 4, 6, 6, 8))
  const gradients = gradientOf((at: readonly Params[]) => tf.mean(net.apply(at, x, [])), params)
  return gradients.reduce((total, { conv2 }) => total + tf.sum(tf.square(conv2.weight)).dataSync()[0]!, 0)
}

describeBackends('the fixup block', () => {
  it.each(cases)('equals PyTorch in value and gradients: $name', (fixture) => {
    const { out, stride } = fixture
    const block: AnyLayer =
      stride === 1
        ? fixupBlock({ out, blocks: 3 })
        : projectedFixupBlock({ out, stride, blocks: 3, shortcut: subsampleAndPad({ out, stride }) })
    expectTorchCase(block, fixture, keyOf)
  })

  it('is the identity at first on what an activation gave, so a stack of any depth is too', () => {
    tf.tidy(() => {
      const net = repeat(Array.from({ length: 12 }, () => fixupBlock({ out: 4, blocks: 12 })))
      const x = tf.relu(draw(1, 2, 5, 5, 4))
      expectClose(net.apply(init(net, key(0), [5, 5, 4]).params, x, []), x, 0)
    })
  })

  it('has gradients whose squares add up to the same whatever the depth', () => {
    tf.tidy(() => {
      const at = (blocks: number): number =>
        squaredGradients(
          blocks,
          init(repeat(Array.from({ length: blocks }, () => fixupBlock({ out: 8, blocks }))), key(0), [6, 6, 8]),
        )
      const ratio = at(32) / at(4)
      expect(ratio).toBeGreaterThan(0.6)
      expect(ratio).toBeLessThan(1.7)
    })
  })

  it('has the gradients of finite differences', () => {
    const branch = fixupBranch({ out: 2, blocks: 2 })
    const { params: first } = init(branch, key(0), [3, 3, 2])
    const params = map(first, (_: tf.Tensor, path) => tensorOf(cases[0]!.tensors[keyOf(path)]!))
    const tree = { params, x: draw(5, 1, 3, 3, 2) }
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.mean(branch.apply(params, x, {}))
    checkGradients(f, tree, gradientOf(f, tree), { step: 1e-3, tolerance: 3e-2 })
  })

  it('leaves no tensor behind, gradients included', () => {
    const block = fixupBlock({ out: 2, blocks: 2 })
    const { params } = init(block, key(0), [4, 4, 2])
    const x = draw(1, 2, 4, 4, 2)
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => block.train(p, x, key(0)).y, params)))
  })
})

describe('the first values of Fixup', () => {
  it('are scaled by L^(-1 / (2 m - 2))', () => {
    const scaled = (blocks: number, convolutions: number): number =>
      scaledByDepth(ones, { blocks, convolutions })(key(0), [1])[0]!
    expect(scaled(9, 2)).toBeCloseTo(1 / 3, 6)
    expect(scaled(16, 3)).toBeCloseTo(1 / 2, 6)
    expect(scaled(1, 2)).toBe(1)
    expect(() => scaledByDepth(constant(1), { blocks: 4, convolutions: 1 })).toThrow(
      'scaledByDepth: convolutions must be a whole number of at least 2, not 1',
    )
  })

  it('are zeros for the last convolution, ones for the multiplier and zeros for the biases', () => {
    const { params } = init(fixupBlock({ out: 3, blocks: 4 }), key(0), [4, 4, 3])
    const values = (leaf: tf.Tensor): readonly number[] => [...new Set(leaf.dataSync())]
    expect(values(params.conv2.weight)).toEqual([0])
    expect(values(params.scale.weight)).toEqual([1])
    expect(values(params.bias1a.bias)).toEqual([0])
    const { conv1 } = fixupBranch({ out: 64, blocks: 16 }).plan([4, 4, 64]).params
    const drawn = conv1.weight.initialiser(key(0), conv1.weight.shape)
    const deviation = Math.sqrt(drawn.reduce((sum, value) => sum + value * value, 0) / drawn.length)
    expect(Math.abs(deviation / (Math.sqrt(2 / 576) / 4) - 1)).toBeLessThan(0.02)
  })
})

describe('the plan of the fixup block', () => {
  it('has five scalars and two filters', () => {
    expect(summary(fixupBlock({ out: 16, blocks: 9 }), [8, 8, 16])).toMatchObject({
      params: 2 * 9 * 256 + 5,
      output: [8, 8, 16],
    })
    const { params } = fixupBlock({ out: 16, blocks: 9 }).plan([8, 8, 16])
    expect(Object.keys(params)).toEqual(['bias1a', 'conv1', 'bias1b', 'bias2a', 'conv2', 'scale', 'bias2b'])
    expect(() => fixupBlock({ out: 8, blocks: 9 }).plan([8, 8, 16])).toThrow('differ')
    expect(() => fixupBranch({ out: 8, blocks: 0 })).toThrow('blocks must be a whole number of at least 1, not 0')
  })
})
