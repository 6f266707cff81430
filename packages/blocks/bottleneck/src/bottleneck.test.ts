import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { batchNorm } from '@resfn/batch-norm'
import { convBn, type ConvBnParams } from '@resfn/conv-bn'
import { init, type ParamsOf, sequential, ShapeError, type StateOf, summary, zeros } from '@resfn/layer'
import { key, normal } from '@resfn/random'
import { flatten, map } from '@resfn/tree'
import { checkGradients, describeBackends, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import {
  bottleneck,
  type BottleneckParams,
  type BottleneckState,
  projectedBottleneck,
  type ProjectedBottleneckParams,
  type ProjectedBottleneckState,
} from './bottleneck.ts'

const draw = (seed: number, ...shape: number[]): tf.Tensor =>
  tf.tensor(
    normal(
      key(seed),
      shape.reduce((a, b) => a * b, 1),
    ),
    shape,
  )
const stir = <P>(params: P): P => map(params, (leaf: tf.Tensor) => tf.add(leaf, tf.mul(draw(99, ...leaf.shape), 0.2)))

const unit = (params: ConvBnParams, x: tf.Tensor, size: number, stride = 1): tf.Tensor =>
  convBn({ out: params.bn.weight.size, size, stride }).train(params, x, key(0)).y

// Some ReLU inputs on either side, none near 0.
const smooth = {
  norm: () =>
    batchNorm({
      initial: { bias: (_: unknown, [channels]: readonly number[]) => new Float32Array(channels!).fill(0.7) },
    }),
}

describeBackends('bottleneck', () => {
  it('is relu(x + branch(x)), the branch 1x1, 3x3, 1x1', () => {
    tf.tidy(() => {
      const block = bottleneck({ out: 8 })
      const params = stir(init(block, key(1), [4, 5, 8]).params)
      const { a, b, c } = params.add
      const x = draw(2, 2, 4, 5, 8)
      const branch = unit(c, tf.relu(unit(b, tf.relu(unit(a, x, 1)), 3)), 1)
      expectClose(block.train(params, x, key(0)).y, tf.relu(tf.add(x, branch)), 1e-5)
    })
  })

  it('projected strides on its 3x3, or on the first 1x1 as in the paper', () => {
    for (const strideOn of ['3x3', '1x1'] as const)
      tf.tidy(() => {
        const block = projectedBottleneck({ out: 8, stride: 2, strideOn })
        const params = stir(init(block, key(3), [5, 6, 4]).params)
        const { a, b, c } = params.add.branch
        const x = draw(4, 2, 5, 6, 4)
        const [first, second] = strideOn === '1x1' ? [2, 1] : [1, 2]
        const branch = unit(c, tf.relu(unit(b, tf.relu(unit(a, x, 1, first)), 3, second)), 1)
        expectClose(block.train(params, x, key(0)).y, tf.relu(tf.add(branch, unit(params.add.shortcut, x, 1, 2))), 1e-5)
      })
  })

  it('with a last normalisation of weight 0 is relu(x), to the bit, and only that normalisation learns', () => {
    tf.tidy(() => {
      const block = bottleneck({ out: 8, lastNorm: () => batchNorm({ initial: { weight: zeros } }) })
      const { params, state } = init(block, key(5), [4, 4, 8])
      const x = draw(6, 2, 4, 4, 8)
      expect([...block.apply(params, x, state).dataSync()]).toEqual([...tf.relu(x).dataSync()])
      const gradients = gradientOf((p) => block.train(p, x, key(0)).y, params, draw(7, 2, 4, 4, 8))
      for (const { path, leaf } of flatten(gradients))
        expect(
          leaf.dataSync().every((g) => g === 0),
          path,
        ).toBe(!path.startsWith('add.c.bn'))
    })
  })

  it('has the gradients of finite differences', () => {
    const block = projectedBottleneck({ out: 4, width: 2, stride: 2, ...smooth })
    const tree = { params: init(block, key(8), [4, 4, 2]).params, x: draw(9, 2, 4, 4, 2) }
    const upstream = draw(10, 2, 2, 2, 4)
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.sum(tf.mul(block.train(params, x, key(0)).y, upstream))
    checkGradients(f, tree, gradientOf(f, tree), {
      step: 3e-3,
      tolerance: 2e-2,
    })
  })

  it('leaves no tensor behind, gradients included', () => {
    const block = projectedBottleneck({ out: 4 })
    const { params } = init(block, key(0), [2, 2, 2])
    const x = draw(1, 2, 2, 2, 2)
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => block.train(p, x, key(0)).y, params)))
  })
})

describe('the plan of bottleneck', () => {
  it('has 69,632 weights for 256 channels: 256 64 + 9 64^2 + 64 256', () => {
    expect(summary(bottleneck({ out: 256 }), [56, 56, 256])).toMatchObject({
      params: 69632 + 2 * (64 + 64 + 256),
      macs: 69632 * 56 * 56,
      output: [56, 56, 256],
    })
    expect(summary(bottleneck({ out: 256, width: 128 }), [56, 56, 256]).params).toBe(
      256 * 128 + 9 * 128 * 128 + 128 * 256 + 2 * (128 + 128 + 256),
    )
  })

  it('costs less with the stride on the 1x1, with the same parameters', () => {
    const [early, late] = (['1x1', '3x3'] as const).map((strideOn) =>
      summary(projectedBottleneck({ out: 512, stride: 2, strideOn }), [56, 56, 256]),
    )
    expect(late!.params).toBe(early!.params)
    expect(late!.macs - early!.macs).toBe(256 * 128 * (56 * 56 - 28 * 28))
    expect(early!.output).toEqual([28, 28, 512])
  })

  it('says where shapes do not meet', () => {
    expect(() => sequential({ block: bottleneck({ out: 256 }) }).plan([56, 56, 64])).toThrow(
      new ShapeError(
        'block.add',
        'branch [56,56,256] and shortcut [56,56,64] differ; a change of shape needs a projection (projectedAdd)',
      ),
    )
    expect(() => bottleneck({ out: 10 })).toThrow(
      new RangeError(
        'bottleneck: width must be a whole number of at least 1, not 2.5; give width, or an out that 4 divides',
      ),
    )
    expect(() => projectedBottleneck({ out: 8 }).plan([7])).toThrow(
      'add.branch.a.conv: conv2d takes [height,width,channels]',
    )
  })

  it('names the types of its trees', () => {
    const [keep, down] = [bottleneck({ out: 8 }), projectedBottleneck({ out: 8 })]
    expectTypeOf<ParamsOf<typeof keep>>().toEqualTypeOf<BottleneckParams>()
    expectTypeOf<StateOf<typeof keep>>().toEqualTypeOf<BottleneckState>()
    expectTypeOf<ParamsOf<typeof down>>().toEqualTypeOf<ProjectedBottleneckParams>()
    expectTypeOf<StateOf<typeof down>>().toEqualTypeOf<ProjectedBottleneckState>()
  })
})
