import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { batchNorm, type BatchNormParams, type BatchNormState } from '@resfn/batch-norm'
import { conv2d, type Conv2dParams } from '@resfn/conv2d'
import { convBn, type ConvBn } from '@resfn/conv-bn'
import {
  type AnyLayer,
  constant,
  init,
  type Layer,
  type ParamsOf,
  repeat,
  sequential,
  ShapeError,
  type StateOf,
  summary,
  untyped,
  zeros,
} from '@resfn/layer'
import { type Makers, makers } from '@resfn/makers'
import { projection, subsampleAndPad } from '@resfn/projected-add'
import { key } from '@resfn/random'
import { flatten } from '@resfn/tree'
import { checkGradients, describeBackends, draw, expectClose, expectNoLeak, gradientOf, stir } from '@resfn/test-utils'
import { projectedResidualBlock, residualBlock, type ResidualBranch, residualBranch } from './residual-block.ts'

const silent: Makers = { ...makers, lastNorm: () => batchNorm({ initial: { weight: zeros } }) }

type BranchParams = ParamsOf<ResidualBranch>

/** The branch written out in operations of tfjs. */
const branchOf = ({ conv1, bn1, conv2, bn2 }: BranchParams, x: tf.Tensor, stride: number): tf.Tensor => {
  const normalise = (y: tf.Tensor, { weight, bias }: BatchNormParams): tf.Tensor => {
    const { mean, variance } = tf.moments(y, [0, 1, 2])
    return tf.add(tf.mul(tf.div(tf.sub(y, mean), tf.sqrt(tf.add(variance, 1e-5))), weight), bias)
  }
  const conv = (y: tf.Tensor, weight: tf.Tensor, by: number): tf.Tensor =>
    tf.conv2d(y as tf.Tensor4D, weight as tf.Tensor4D, by, [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ])
  return normalise(conv(tf.relu(normalise(conv(x, conv1.weight, stride), bn1)), conv2.weight, 1), bn2)
}

describeBackends('residualBlock', () => {
  it('is relu(x + branch(x))', () => {
    tf.tidy(() => {
      const block = residualBlock({ out: 3 })
      const params = stir(init(block, key(1), [5, 4, 3]).params)
      const x = draw(2, 2, 5, 4, 3)
      expectClose(block.train(params, x, key(0)).y, tf.relu(tf.add(x, branchOf(params, x, 1))), 1e-5)
    })
  })

  it('with a shortcut of its own is relu(branch(x) + shortcut(x)), for each kind of shortcut', () => {
    const shortcuts: readonly AnyLayer[] = [
      projection({ out: 4, stride: 2 }),
      subsampleAndPad({ out: 4, stride: 2 }),
      convBn({ out: 4, size: 1, stride: 2 }),
    ]
    for (const shortcut of shortcuts)
      tf.tidy(() => {
        const block = projectedResidualBlock({ out: 4, stride: 2, shortcut }) as unknown as Layer<
          BranchParams & { readonly shortcut?: object },
          object
        >
        const params = stir(init(block, key(3), [5, 6, 2]).params)
        const x = draw(4, 2, 5, 6, 2)
        const expected = tf.relu(
          tf.add(branchOf(params, x, 2), untyped(shortcut).train(params.shortcut ?? {}, x, key(0)).y),
        )
        expectClose(block.train(params, x, key(0)).y, expected, 1e-5)
      })
  })

  it('with a last normalisation of weight 0 is relu(x), to the bit', () => {
    tf.tidy(() => {
      const block = residualBlock({ out: 3 }, silent)
      const { params, state } = init(block, key(5), [5, 5, 3])
      const x = draw(6, 2, 5, 5, 3)
      const expected = [...tf.relu(x).dataSync()]
      expect([...block.train(params, x, key(0)).y.dataSync()]).toEqual(expected)
      expect([...block.apply(params, x, state).dataSync()]).toEqual(expected)
    })
  })

  it('then sends the gradient on where x is positive, and only the last normalisation learns', () => {
    tf.tidy(() => {
      const block = residualBlock({ out: 3 }, silent)
      const tree = { params: init(block, key(5), [5, 5, 3]).params, x: draw(6, 2, 5, 5, 3) }
      const dy = draw(7, 2, 5, 5, 3)
      const gradients = gradientOf((p) => block.train(p.params, p.x, key(0)).y, tree, dy)
      const expected = Array.from(dy.dataSync(), (g, i) => (tree.x.dataSync()[i]! > 0 ? g : 0))
      expect(Array.from(gradients.x.dataSync(), (g) => g + 0)).toEqual(expected.map((g) => g + 0))
      for (const { path, leaf } of flatten(gradients.params)) {
        const dead = leaf.dataSync().every((g) => g === 0)
        expect(dead, path).toBe(!path.startsWith('bn2'))
      }
    })
  })

  it('inserted with weight 0 after a ReLU changes no bit of a net’s output', () => {
    tf.tidy(() => {
      const block = residualBlock({ out: 3 })
      const [stem, zero] = [residualBlock({ out: 3 }), residualBlock({ out: 3 }, silent)]
      const shallow = repeat([stem, block])
      const deep = repeat([stem, zero, zero, block])
      const { params, state } = init(shallow, key(8), [4, 4, 3])
      const inserted = init(zero, key(9), [4, 4, 3])
      const x = draw(10, 2, 4, 4, 3)
      const y = deep.apply([params[0]!, inserted.params, inserted.params, params[1]!], x, [
        state[0]!,
        inserted.state,
        inserted.state,
        state[1]!,
      ])
      expect([...y.dataSync()]).toEqual([...shallow.apply(params, x, state).dataSync()])
    })
  })

  it('has the gradients of finite differences', () => {
    // Some ReLU inputs on either side, none near 0.
    const smooth: Makers = {
      ...makers,
      norm: () => batchNorm({ initial: { bias: constant(0.7) } }),
    }
    const block = projectedResidualBlock({ out: 2, stride: 2, shortcut: projection({ out: 2, stride: 2 }) }, smooth)
    const tree = { params: init(block, key(11), [4, 4, 2]).params, x: draw(12, 2, 4, 4, 2) }
    const upstream = draw(13, 2, 2, 2, 2)
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.sum(tf.mul(block.train(params, x, key(0)).y, upstream))
    checkGradients(f, tree, gradientOf(f, tree), {
      step: 3e-3,
      tolerance: 2e-2,
    })
  })

  it('leaves no tensor behind, gradients included', () => {
    const block = residualBlock({ out: 2 })
    const { params } = init(block, key(0), [4, 4, 2])
    const x = draw(1, 2, 4, 4, 2)
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => block.train(p, x, key(0)).y, params)))
  })
})

describe('the plan of residualBlock', () => {
  it('has two 3x3 convolutions of 9 C^2 weights, each with a normalisation', () => {
    expect(summary(residualBlock({ out: 64 }), [56, 56, 64])).toMatchObject({
      params: 2 * (9 * 64 * 64 + 128),
      buffers: 256,
      macs: 2 * 9 * 64 * 64 * 56 * 56,
      output: [56, 56, 64],
    })
    expect(summary(residualBranch({ out: 32, stride: 2 }), [28, 28, 16]).output).toEqual([14, 14, 32])
    expect(flatten(residualBlock({ out: 3 }).plan([4, 4, 3]).params).map(({ path }) => path)).toEqual(
      [1, 2].flatMap((i) => [`conv${i}.weight`, `bn${i}.weight`, `bn${i}.bias`]),
    )
  })

  it('has 180 parameters for 3 channels with biases, and 546 from 3 to 6 with a bare 1x1 convolution (Dive into deep learning, 8.6)', () => {
    const biased: Makers = { ...makers, conv: (options) => conv2d({ ...options, bias: true }) }
    expect(summary(residualBlock({ out: 3 }, biased), [6, 6, 3])).toMatchObject({ params: 180, output: [6, 6, 3] })
    expect(
      summary(
        projectedResidualBlock({ out: 6, stride: 2, shortcut: projection({ out: 6, stride: 2, bias: true }) }, biased),
        [6, 6, 3],
      ),
    ).toMatchObject({ params: 546, output: [3, 3, 6] })
  })

  it('says where shapes do not meet', () => {
    expect(() => sequential({ block: residualBlock({ out: 128 }) }).plan([28, 28, 64])).toThrow(
      new ShapeError(
        'block',
        'branch [28,28,128] and shortcut [28,28,64] differ; a change of shape needs a projection (projectedAdd)',
      ),
    )
    expect(() =>
      projectedResidualBlock({ out: 8, stride: 2, shortcut: projection({ out: 8, stride: 1 }) }).plan([4, 4, 2]),
    ).toThrow('branch [2,2,8] and shortcut [4,4,8] differ; give both the same stride and output channels')
    expect(() => residualBlock({ out: 8 }).plan([16])).toThrow(
      'conv1: conv2d takes [height,width,channels], but the input is [16]',
    )
  })

  it('names the types of its trees', () => {
    const block = residualBlock({ out: 2 })
    expectTypeOf<BranchParams>().toEqualTypeOf<{
      readonly conv1: Conv2dParams
      readonly bn1: BatchNormParams
      readonly conv2: Conv2dParams
      readonly bn2: BatchNormParams
    }>()
    expectTypeOf<ParamsOf<typeof block>>().toEqualTypeOf<BranchParams>()
    expectTypeOf<StateOf<typeof block>>().toEqualTypeOf<{
      readonly bn1: BatchNormState
      readonly bn2: BatchNormState
    }>()
    const projected = projectedResidualBlock({ out: 2, shortcut: convBn({ out: 2, size: 1 }) })
    expectTypeOf<ParamsOf<typeof projected>>().toEqualTypeOf<BranchParams & { readonly shortcut: ParamsOf<ConvBn> }>()
    const padded = projectedResidualBlock({ out: 2, shortcut: subsampleAndPad({ out: 2, stride: 1 }) })
    expectTypeOf<ParamsOf<typeof padded>>().toEqualTypeOf<BranchParams>()
  })
})
