import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { batchNorm } from '@resfn/batch-norm'
import { identityAdd } from '@resfn/identity-add'
import { type AnyLayer, constant, init, sequential, ShapeError, type Spec, summary, untyped } from '@resfn/layer'
import { type Makers, makers } from '@resfn/makers'
import { preActivation, preActivationBottleneckBranch, preActivationBranch } from '@resfn/pre-activation'
import { projection } from '@resfn/projected-add'
import { key } from '@resfn/random'
import { residualBlock } from '@resfn/residual-block'
import { flatten } from '@resfn/tree'
import { checkGradients, describeBackends, draw, expectClose, expectNoLeak, gradientOf, stir } from '@resfn/test-utils'
import { basicConvs, bottleneckConvs, placedUnit, type PlacementName, placements } from './index.ts'

const names = Object.keys(placements) as readonly PlacementName[]

const normalised = (x: tf.Tensor, { weight, bias }: { weight: tf.Tensor; bias: tf.Tensor }): tf.Tensor => {
  const { mean, variance } = tf.moments(x, [0, 1, 2])
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), weight), bias)
}

type Basic = { readonly [name in 'norm1' | 'norm2']: { weight: tf.Tensor; bias: tf.Tensor } } & {
  readonly [name in 'conv1' | 'conv2']: { weight: tf.Tensor }
}

/** The units of figure 4, written out in operations of tfjs. */
const written: { readonly [name in PlacementName]: (params: Basic, x: tf.Tensor) => tf.Tensor } = {
  original: (p, x) => tf.relu(tf.add(x, n2(p, c2(p, tf.relu(n1(p, c1(p, x))))))),
  normAfterAddition: (p, x) => tf.relu(n2(p, tf.add(x, c2(p, tf.relu(n1(p, c1(p, x))))))),
  actBeforeAddition: (p, x) => tf.add(x, tf.relu(n2(p, c2(p, tf.relu(n1(p, c1(p, x))))))),
  actPreActivation: (p, x) => tf.add(x, n2(p, c2(p, tf.relu(n1(p, c1(p, tf.relu(x))))))),
  fullPreActivation: (p, x) => tf.add(x, c2(p, tf.relu(n2(p, c1(p, tf.relu(n1(p, x))))))),
}
const conv = (x: tf.Tensor, weight: tf.Tensor): tf.Tensor =>
  tf.conv2d(x as tf.Tensor4D, weight as tf.Tensor4D, 1, 'same')
const c1 = ({ conv1 }: Basic, x: tf.Tensor): tf.Tensor => conv(x, conv1.weight)
const c2 = ({ conv2 }: Basic, x: tf.Tensor): tf.Tensor => conv(x, conv2.weight)
const n1 = ({ norm1 }: Basic, x: tf.Tensor): tf.Tensor => normalised(x, norm1)
const n2 = ({ norm2 }: Basic, x: tf.Tensor): tf.Tensor => normalised(x, norm2)

/** The same layer with other names: its trees by the names that it has here. */
const renamed = (tree: unknown): unknown =>
  Object.fromEntries(
    Object.entries(tree as object).map(([name, subtree]) => [name.replace('norm', 'bn'), subtree as unknown]),
  )

describeBackends('a placed unit', () => {
  it.each(names)('is the one of figure 4: %s', (name) => {
    tf.tidy(() => {
      const unit = placedUnit({ placement: placements[name], convs: basicConvs({ out: 3 }) })
      const params = stir(init(unit, key(1), [5, 4, 3]).params)
      const x = draw(2, 2, 5, 4, 3)
      expectClose(unit.train(params, x, key(0)).y, written[name](params as Basic, x))
    })
  })

  it('is the residual block as the original, and the pre-activation unit as the full pre-activation', () => {
    tf.tidy(() => {
      const convs = basicConvs({ out: 3 })
      const [a, e] = [placements.original, placements.fullPreActivation].map((placement) =>
        placedUnit({ placement, convs }),
      ) as [ReturnType<typeof placedUnit>, ReturnType<typeof placedUnit>]
      const { params, state } = init(a, key(1), [4, 4, 3])
      const x = draw(2, 2, 4, 4, 3)
      const block = untyped(residualBlock({ out: 3 }))
      expectClose(a.apply(params, x, state), block.apply(renamed(params), x, renamed(state)), 0)
      const own = init(e, key(1), [4, 4, 3])
      const unit = untyped(identityAdd(preActivationBranch({ out: 3 })))
      expectClose(e.apply(own.params, x, own.state), unit.apply(own.params, x, own.state), 0)
    })
  })

  it('shares what stands before its first convolution with a shortcut of its own', () => {
    tf.tidy(() => {
      const shortcut = projection({ out: 8, stride: 2 })
      const convs = bottleneckConvs({ out: 8, stride: 2 })
      const unit = placedUnit({ placement: placements.fullPreActivation, convs, shortcut })
      const { params, state } = init(unit, key(1), [5, 4, 3])
      const x = draw(2, 2, 5, 4, 3)
      const other = untyped(preActivation(preActivationBottleneckBranch({ out: 8, stride: 2 }), shortcut))
      expectClose(unit.apply(params, x, state), other.apply(params, x, state), 0)
      const relu = placedUnit({ placement: placements.actPreActivation, convs, shortcut })
      expect(summary(sequential({ relu }), [5, 4, 3]).rows.map(({ path }) => path.slice(5))).toEqual([
        '',
        ...['act1', 'conv1', 'norm1', 'act2', 'conv2', 'norm2', 'act3', 'conv3', 'norm3', 'shortcut', 'sum'],
      ])
      // The activation that both share takes the sign away.
      const drawn = init(relu, key(1), [5, 4, 3])
      const positive = tf.relu(x)
      expectClose(relu.train(drawn.params, x, key(0)).y, relu.train(drawn.params, positive, key(0)).y, 0)
    })
  })

  it('has the gradients of finite differences in each placement', () => {
    const bias = constant(0.9)
    const smooth: Makers = { ...makers, norm: () => batchNorm({ initial: { bias } }) }
    for (const name of names) {
      const unit = placedUnit({ placement: placements[name], convs: basicConvs({ out: 2 }) }, smooth)
      const tree = { params: init(unit, key(4), [3, 3, 2]).params as object, x: tf.add(draw(5, 2, 3, 3, 2), 3) }
      const upstream = draw(6, 2, 3, 3, 2)
      const f = ({ params, x }: typeof tree): tf.Tensor => tf.sum(tf.mul(unit.train(params, x, key(0)).y, upstream))
      checkGradients(f, tree, gradientOf(f, tree), { step: 2e-3, tolerance: 3e-2 })
    }
  })

  it('leaves no tensor behind, gradients included', () => {
    for (const name of names) {
      const unit = placedUnit({ placement: placements[name], convs: basicConvs({ out: 2 }) })
      const { params } = init(unit, key(0), [4, 4, 2])
      const x = draw(1, 2, 4, 4, 2)
      expectNoLeak(() => tf.tidy(() => void gradientOf((p) => unit.train(p, x, key(0)).y, params)))
    }
  })
})

describe('the five placements', () => {
  const shapesOf = (net: AnyLayer, channels: number): readonly string[] =>
    flatten<Spec>(untyped(net).plan([8, 8, channels]).params)
      .map(({ leaf }) => leaf.shape.join('x'))
      .toSorted()

  it.each([
    ['basic', basicConvs({ out: 16 }), 16],
    ['bottleneck', bottleneckConvs({ out: 16 }), 16],
  ] as const)('have the same parameters at constant width, %s', (_, convs, channels) => {
    const shapes = names.map((name) => shapesOf(placedUnit({ placement: placements[name], convs }), channels))
    for (const own of shapes) expect(own).toEqual(shapes[0])
    expect(shapes[0]!.length).toBe(3 * convs.length)
  })

  it('are three orders of three parts', () => {
    expect(new Set(names.map((name) => placements[name].order.join(' '))).size).toBe(3)
    for (const { order } of Object.values(placements)) expect(order.toSorted()).toEqual(['act', 'conv', 'norm'])
  })

  it('say what cannot be placed', () => {
    const convs = basicConvs({ out: 4 })
    expect(() => placedUnit({ placement: { order: ['conv', 'norm'], afterAddition: 2 }, convs })).toThrow(
      'placedUnit: a branch of conv1, norm1, conv2, norm2 with 2 of them after the addition; give at least one convolution, and keep the convolutions before the addition',
    )
    expect(() => placedUnit({ placement: placements.original, convs: [] })).toThrow(RangeError)
    const unit = placedUnit({ placement: placements.original, convs: basicConvs({ out: 8 }) })
    expect(() => sequential({ unit }).plan([4, 4, 4])).toThrow(
      new ShapeError(
        'unit.act2',
        'norm2 [4,4,8] and input [4,4,4] differ; give both the same stride and output channels',
      ),
    )
  })
})
