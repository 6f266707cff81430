import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { batchNorm, type BatchNormParams, type BatchNormState } from '@resfn/batch-norm'
import { conv2d, type Conv2dParams } from '@resfn/conv2d'
import { identityAdd } from '@resfn/identity-add'
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
import { type Conv2d, type Makers, makers } from '@resfn/makers'
import { OptionsError } from '@resfn/options'
import { avgPool } from '@resfn/pool'
import { projection } from '@resfn/projected-add'
import { key } from '@resfn/random'
import { scale } from '@resfn/scale'
import { flatten, map } from '@resfn/tree'
import {
  bitsOf,
  checkGradients,
  describeBackends,
  draw,
  expectClose,
  expectNoLeak,
  expectTorchCase,
  gradientOf,
  type TorchCase,
  torchCases,
} from '@resfn/test-utils'
import {
  type Branch,
  preActivation,
  preActivationBottleneckBranch,
  preActivationBranch,
  withoutPreActivation,
} from './index.ts'

type Case = TorchCase & {
  readonly kind: 'basic' | 'bottleneck'
  readonly out: number
  readonly stride: number
  readonly shortcut: 'identity' | 'conv' | 'pool'
}
const cases = torchCases(new URL('./fixtures/torch.json', import.meta.url)) as readonly Case[]

const unitOf = ({ kind, out, stride, shortcut }: Case): Layer<unknown, unknown> => {
  const branch: Branch =
    kind === 'basic' ? preActivationBranch({ out, stride }) : preActivationBottleneckBranch({ out, stride })
  const pool = avgPool({ size: 2, stride, ceilMode: true, countIncludePad: false })
  const shortcuts: { readonly [name: string]: AnyLayer } = {
    conv: sequential({ conv: projection({ out, stride }) }),
    pool: sequential({ pool, conv: projection({ out, stride: 1 }) }),
  }
  return untyped(shortcut === 'identity' ? identityAdd(branch) : preActivation(branch, shortcuts[shortcut]!))
}

/** The branches of either kind with a last convolution of 0, which starts a unit as the identity. */
const silent = (out: number): readonly Branch[] => {
  const zero = (size: number): Conv2d => conv2d({ out, size, initial: { weight: zeros } })
  return [
    sequential({ ...preActivationBranch({ out }).layers, conv2: zero(3) }),
    sequential({ ...preActivationBottleneckBranch({ out }).layers, conv3: zero(1) }),
  ]
}

describeBackends('a pre-activation unit', () => {
  it.each(cases)('has the values, gradients and statistics of timm ($name)', (fixture) => {
    expectTorchCase(unitOf(fixture), fixture, (path) => path.replace('shortcut', 'downsample'))
  })

  it('is the identity to the bit while its last convolution is 0, for inputs of either sign', () => {
    for (const branch of silent(8))
      tf.tidy(() => {
        const unit = untyped(identityAdd(branch))
        const { params, state } = init(unit, key(5), [5, 5, 8])
        const x = draw(6, 2, 5, 5, 8)
        expect(bitsOf(unit.train(params, x, key(0)).y)).toEqual(bitsOf(x))
        expect(bitsOf(unit.apply(params, x, state))).toEqual(bitsOf(x))
      })
  })

  it('then hands the gradient on exactly, and its last convolution learns but nothing before it', () => {
    for (const branch of silent(8))
      tf.tidy(() => {
        const unit = untyped(identityAdd(branch))
        const tree = { params: init(unit, key(5), [5, 5, 8]).params, x: draw(6, 2, 5, 5, 8) }
        const dy = draw(7, 2, 5, 5, 8)
        const gradients = gradientOf((at) => unit.train(at.params, at.x, key(0)).y, tree, dy)
        expect([...gradients.x.dataSync()]).toEqual([...dy.dataSync()])
        const last = Object.keys(branch.layers).at(-1)!
        for (const { path, leaf } of flatten<tf.Tensor>(gradients.params))
          expect(
            leaf.dataSync().every((g) => g === 0),
            path,
          ).toBe(!path.startsWith(last))
      })
  })

  it('stays dead where the weight of its last normalisation is 0: that weight stands before a ReLU', () => {
    tf.tidy(() => {
      const norm2 = batchNorm({ initial: { weight: zeros } })
      const unit = identityAdd(sequential({ ...preActivationBranch({ out: 3 }).layers, norm2 }))
      const tree = { params: init(unit, key(5), [5, 5, 3]).params, x: draw(6, 2, 5, 5, 3) }
      expect(bitsOf(unit.train(tree.params, tree.x, key(0)).y)).toEqual(bitsOf(tree.x))
      const gradients = gradientOf((at) => unit.train(at.params, at.x, key(0)).y, tree)
      for (const { path, leaf } of flatten<tf.Tensor>(gradients.params))
        expect(
          leaf.dataSync().every((g) => g === 0),
          path,
        ).toBe(true)
    })
  })

  it('with a scale of 0 at the end of its branch gives a gradient to that scale alone (ReZero)', () => {
    tf.tidy(() => {
      const alpha = scale({ per: 'layer', initial: { weight: zeros } })
      const unit = identityAdd(sequential({ ...preActivationBranch({ out: 3 }).layers, alpha }))
      const tree = { params: init(unit, key(5), [5, 5, 3]).params, x: draw(6, 2, 5, 5, 3) }
      expect(bitsOf(unit.train(tree.params, tree.x, key(0)).y)).toEqual(bitsOf(tree.x))
      const gradients = gradientOf((at) => unit.train(at.params, at.x, key(0)).y, tree, draw(7, 2, 5, 5, 3))
      for (const { path, leaf } of flatten<tf.Tensor>(gradients.params))
        expect(
          leaf.dataSync().every((g) => g === 0),
          path,
        ).toBe(path !== 'alpha.weight')
    })
  })

  it('telescopes: the last x of a stage is the first one and the sum of the branches', () => {
    tf.tidy(() => {
      const branch = preActivationBranch({ out: 3 })
      const stage = repeat(Array.from({ length: 6 }, () => identityAdd(branch)))
      const { params } = init(stage, key(8), [4, 4, 3])
      const first = draw(9, 2, 4, 4, 3)
      const { last, branches } = params.reduce<{ last: tf.Tensor; branches: readonly tf.Tensor[] }>(
        ({ last, branches }, own) => {
          const y = branch.train(own, last, key(0)).y
          return { last: tf.add(last, y), branches: [...branches, y] }
        },
        { last: first, branches: [] },
      )
      expectClose(stage.train(params, first, key(0)).y, tf.add(first, tf.addN([...branches])))
      expectClose(last, stage.train(params, first, key(0)).y)
    })
  })

  it('has the gradients of finite differences', () => {
    // Some inputs of ReLU on either side, none near 0.
    const bias = constant(0.7)
    const smooth: Makers = { ...makers, norm: () => batchNorm({ initial: { bias } }) }
    const branch = preActivationBranch({ out: 2, stride: 2 }, smooth)
    const unit = preActivation(branch, projection({ out: 2, stride: 2 }))
    const tree = { params: init(unit, key(11), [4, 4, 2]).params, x: draw(12, 2, 4, 4, 2) }
    const upstream = draw(13, 2, 2, 2, 2)
    const f = ({ params, x }: typeof tree): tf.Tensor => tf.sum(tf.mul(unit.train(params, x, key(0)).y, upstream))
    checkGradients(f, tree, gradientOf(f, tree), { step: 3e-3, tolerance: 2e-2 })
  })

  it('leaves no tensor behind, gradients included', () => {
    const unit = sequential({
      unit: preActivation(preActivationBranch({ out: 4, stride: 2 }), projection({ out: 4, stride: 2 })),
    })
    const { params, state } = init(unit, key(0), [4, 4, 2])
    const x = draw(1, 2, 4, 4, 2)
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => unit.train(p, x, key(0)).y, params)))
    expectNoLeak(() => unit.apply(params, x, state).dispose())
  })

  it('without its pre-activation is the branch on an activation that was made before', () => {
    tf.tidy(() => {
      const branch = preActivationBranch({ out: 3 })
      const params = map(init(branch, key(2), [4, 4, 3]).params, (leaf: tf.Tensor) => tf.add(leaf, 0.1))
      const x = draw(3, 2, 4, 4, 3)
      const { norm1, act1 } = branch.layers
      const activated = act1.train({}, norm1.train(params.norm1, x, key(0)).y, key(0)).y
      expectClose(withoutPreActivation(branch).train(params, activated, key(0)).y, branch.train(params, x, key(0)).y, 0)
    })
  })
})

describe('the plan of a pre-activation unit', () => {
  it('has the parameters of the post-activation unit where the channels stay', () => {
    expect(summary(identityAdd(preActivationBranch({ out: 64 })), [56, 56, 64])).toMatchObject({
      params: 2 * (9 * 64 * 64 + 128),
      buffers: 256,
      macs: 2 * 9 * 64 * 64 * 56 * 56,
      output: [56, 56, 64],
    })
  })

  it('strides where it is told to', () => {
    const strides = (strideOn: '3x3' | '1x1'): unknown =>
      summary(preActivationBottleneckBranch({ out: 8, stride: 2, strideOn }), [8, 8, 4])
        .rows.filter(({ path }) => path.startsWith('conv'))
        .map(({ output }) => output[0])
    expect([strides('3x3'), strides('1x1')]).toEqual([
      [8, 4, 4],
      [4, 4, 4],
    ])
  })

  it('leads each row of a summary to its parameters', () => {
    const unit = preActivation(preActivationBranch({ out: 8, stride: 2 }), projection({ out: 8, stride: 2 }))
    expect(summary(sequential({ unit }), [8, 8, 4]).rows.map(({ path, kind }) => [path, kind])).toEqual([
      ['unit', 'graph'],
      ['unit.norm1', 'batchNorm'],
      ['unit.act1', 'relu'],
      ['unit.conv1', 'conv2d 3x3 /2'],
      ['unit.norm2', 'batchNorm'],
      ['unit.act2', 'relu'],
      ['unit.conv2', 'conv2d 3x3'],
      ['unit.shortcut', 'conv2d 1x1 /2'],
      ['unit.sum', 'sum'],
    ])
  })

  it('says what is wrong and where', () => {
    expect(() => preActivationBottleneckBranch({ out: 6 })).toThrow(
      new OptionsError('preActivationBottleneckBranch: width must be a whole number of at least 1, not 1.5'),
    )
    expect(() => preActivationBranch({ out: 0 })).toThrow(OptionsError)
    expect(() => preActivation(sequential({ first: makers.act }), projection({ out: 8, stride: 2 }))).toThrow(
      'preActivation: the branch has no part "conv1" but first; call its first convolution conv1',
    )
    const unit = preActivation(preActivationBranch({ out: 8, stride: 2 }), projection({ out: 8, stride: 1 }))
    expect(() => sequential({ unit }).plan([4, 4, 2])).toThrow(
      new ShapeError(
        'unit.sum',
        'conv2 [2,2,8] and shortcut [4,4,8] differ; give both the same stride and output channels',
      ),
    )
  })

  it('names the types of its trees', () => {
    const unit = preActivation(preActivationBranch({ out: 2 }), projection({ out: 2, stride: 1 }))
    type BranchParams = {
      readonly norm1: BatchNormParams
      readonly conv1: Conv2dParams
      readonly norm2: BatchNormParams
      readonly conv2: Conv2dParams
    }
    expectTypeOf<ParamsOf<typeof unit>>().toEqualTypeOf<{
      readonly [K in keyof BranchParams | 'shortcut']: (BranchParams & { readonly shortcut: Conv2dParams })[K]
    }>()
    expectTypeOf<StateOf<typeof unit>>().toEqualTypeOf<{
      readonly norm1: BatchNormState
      readonly norm2: BatchNormState
    }>()
    const first = withoutPreActivation(preActivationBranch({ out: 2 }))
    expectTypeOf<ParamsOf<typeof first>>().toEqualTypeOf<Omit<BranchParams, 'norm1'>>()
    const kept = identityAdd(preActivationBranch({ out: 2 }))
    expectTypeOf<ParamsOf<typeof kept>>().toEqualTypeOf<BranchParams>()
  })
})
