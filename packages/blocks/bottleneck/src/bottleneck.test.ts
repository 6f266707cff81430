import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { batchNorm, type BatchNormParams } from '@resfn/batch-norm'
import { conv2d, type Conv2dParams } from '@resfn/conv2d'
import { type ConvBn, convBn } from '@resfn/conv-bn'
import { constant, init, type ParamsOf, sequential, ShapeError, type StateOf, summary, zeros } from '@resfn/layer'
import { type Makers, makers } from '@resfn/makers'
import { key } from '@resfn/random'
import { flatten } from '@resfn/tree'
import { checkGradients, describeBackends, draw, expectClose, expectNoLeak, gradientOf, stir } from '@resfn/test-utils'
import {
  bottleneck,
  type BottleneckBranch,
  type BottleneckOptions,
  type ProjectedBottleneck,
  projectedBottleneck,
} from './bottleneck.ts'

type BranchParams = ParamsOf<BottleneckBranch>

const unit = (conv: Conv2dParams, bn: BatchNormParams, x: tf.Tensor, stride = 1): tf.Tensor => {
  const [size, , , out] = conv.weight.shape as [number, number, number, number]
  return batchNorm().train(bn, conv2d({ out, size, stride }).apply(conv, x, {}), key(0)).y
}

const down = (
  options: BottleneckOptions & { readonly stride: number; readonly strideOn?: '1x1' | '3x3' },
  own: Makers = makers,
): ProjectedBottleneck<ConvBn> =>
  projectedBottleneck({ ...options, shortcut: convBn({ out: options.out, size: 1, stride: options.stride }, own) }, own)

// Some ReLU inputs on either side, none near 0.
const smooth: Makers = {
  ...makers,
  norm: () => batchNorm({ initial: { bias: constant(0.7) } }),
}

describeBackends('bottleneck', () => {
  it('is relu(x + branch(x)), the branch 1x1, 3x3, 1x1', () => {
    tf.tidy(() => {
      const block = bottleneck({ out: 8 })
      const params = stir(init(block, key(1), [4, 5, 8]).params)
      const { conv1, bn1, conv2, bn2, conv3, bn3 } = params
      const x = draw(2, 2, 4, 5, 8)
      const branch = unit(conv3, bn3, tf.relu(unit(conv2, bn2, tf.relu(unit(conv1, bn1, x)))))
      expectClose(block.train(params, x, key(0)).y, tf.relu(tf.add(x, branch)), 1e-5)
    })
  })

  it('projected strides on its 3x3, or on the first 1x1 as in the paper', () => {
    for (const strideOn of ['3x3', '1x1'] as const)
      tf.tidy(() => {
        const block = down({ out: 8, stride: 2, strideOn })
        const params = stir(init(block, key(3), [5, 6, 4]).params)
        const { conv1, bn1, conv2, bn2, conv3, bn3, shortcut } = params
        const x = draw(4, 2, 5, 6, 4)
        const [first, second] = strideOn === '1x1' ? [2, 1] : [1, 2]
        const branch = unit(conv3, bn3, tf.relu(unit(conv2, bn2, tf.relu(unit(conv1, bn1, x, first)), second)))
        expectClose(
          block.train(params, x, key(0)).y,
          tf.relu(tf.add(branch, unit(shortcut.conv, shortcut.bn, x, 2))),
          1e-5,
        )
      })
  })

  it('with a last normalisation of weight 0 is relu(x), to the bit, and only that normalisation learns', () => {
    tf.tidy(() => {
      const block = bottleneck({ out: 8 }, { ...makers, lastNorm: () => batchNorm({ initial: { weight: zeros } }) })
      const { params, state } = init(block, key(5), [4, 4, 8])
      const x = draw(6, 2, 4, 4, 8)
      expect([...block.apply(params, x, state).dataSync()]).toEqual([...tf.relu(x).dataSync()])
      const gradients = gradientOf((p) => block.train(p, x, key(0)).y, params, draw(7, 2, 4, 4, 8))
      for (const { path, leaf } of flatten(gradients))
        expect(
          leaf.dataSync().every((g) => g === 0),
          path,
        ).toBe(!path.startsWith('bn3'))
    })
  })

  it('has the gradients of finite differences', () => {
    const block = down({ out: 4, width: 2, stride: 2 }, smooth)
    const tree = { params: init(block, key(8), [4, 4, 2]).params, x: draw(9, 2, 4, 4, 2) }
    const upstream = draw(10, 2, 2, 2, 4)
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.sum(tf.mul(block.train(params, x, key(0)).y, upstream))
    checkGradients(f, tree, gradientOf(f, tree), {
      step: 3e-3,
      tolerance: 2e-2,
    })
  })

  it('leaves no tensor behind, gradients included', () => {
    const block = down({ out: 4, stride: 1 })
    const { params } = init(block, key(0), [2, 2, 2])
    const x = draw(1, 2, 2, 2, 2)
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => block.train(p, x, key(0)).y, params)))
  })
})

describe('the plan of bottleneck', () => {
  it('takes groups for its 3x3, as ResNeXt-50 32x4d does', () => {
    const { params } = bottleneck({ out: 256, width: 128, groups: 32 }).plan([56, 56, 256])
    expect(flatten(params).flatMap(({ path, leaf }) => (path.startsWith('conv') ? [leaf.shape] : []))).toEqual([
      [1, 1, 256, 128],
      [3, 3, 4, 128],
      [1, 1, 128, 256],
    ])
  })

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
      summary(down({ out: 512, stride: 2, strideOn }), [56, 56, 256]),
    )
    expect(late!.params).toBe(early!.params)
    expect(late!.macs - early!.macs).toBe(256 * 128 * (56 * 56 - 28 * 28))
    expect(early!.output).toEqual([28, 28, 512])
  })

  it('says where shapes do not meet', () => {
    expect(() => sequential({ block: bottleneck({ out: 256 }) }).plan([56, 56, 64])).toThrow(
      new ShapeError(
        'block',
        'branch [56,56,256] and shortcut [56,56,64] differ; a change of shape needs a projection (projectedAdd)',
      ),
    )
    expect(() => bottleneck({ out: 10 })).toThrow(
      new RangeError(
        'bottleneck: width must be a whole number of at least 1, not 2.5; give width, or an out that 4 divides',
      ),
    )
    expect(() => down({ out: 8, stride: 1 }).plan([7])).toThrow('conv1: conv2d takes [height,width,channels]')
  })

  it('names the types of its trees', () => {
    const [keep, wider] = [bottleneck({ out: 8 }), down({ out: 8, stride: 1 })]
    expectTypeOf<ParamsOf<typeof keep>>().toEqualTypeOf<BranchParams>()
    expectTypeOf<StateOf<typeof keep>>().toEqualTypeOf<StateOf<BottleneckBranch>>()
    expectTypeOf<ParamsOf<typeof wider>>().toEqualTypeOf<BranchParams & { readonly shortcut: ParamsOf<ConvBn> }>()
    expectTypeOf<StateOf<typeof wider>['shortcut']>().toEqualTypeOf<StateOf<ConvBn>>()
  })
})
