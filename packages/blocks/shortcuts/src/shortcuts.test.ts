import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchNorm } from '@resfn/batch-norm'
import { conv2d } from '@resfn/conv2d'
import { type AnyLayer, init, type Layer, repeat, sequential, ShapeError, summary, untyped, zeros } from '@resfn/layer'
import { OptionsError } from '@resfn/options'
import { key } from '@resfn/random'
import { residualBranch } from '@resfn/residual-block'
import { flatten } from '@resfn/tree'
import { checkGradients, describeBackends, draw, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import { constantScale, convolvedShortcut, dropoutShortcut, exclusiveGate, shortcutGate, shortcuts } from './index.ts'

/** A branch of 0, so that a unit is its shortcut. */
const silent: Layer<{ readonly conv1: { readonly weight: tf.Tensor } }> = sequential({
  conv1: conv2d({ out: 2, size: 1, initial: { weight: zeros } }),
})
const smooth = sequential({ conv1: conv2d({ out: 2, size: 3 }) })

/** `count` units in a row, and the gradient of their sum at the input. */
const gradientThrough = (unit: AnyLayer, count: number): readonly number[] => {
  const net = untyped(repeat(Array.from({ length: count }, () => unit)))
  const { params } = init(net, key(1), [1, 1, 2])
  const x = tf.tensor4d([1, -2], [1, 1, 1, 2])
  return [...gradientOf((at: tf.Tensor) => net.train(params, at, key(0)).y, x as tf.Tensor).dataSync()]
}

describeBackends('the operations on the shortcut', () => {
  it('scale by constants', () => {
    tf.tidy(() => {
      const unit = constantScale(smooth, { shortcut: 0.5, branch: 0.25 })
      const { params } = init(unit, key(1), [3, 3, 2])
      const x = draw(2, 2, 3, 3, 2)
      const expected = tf.add(tf.mul(x, 0.5), tf.mul(smooth.train(params, x, key(0)).y, 0.25))
      expectClose(unit.train(params, x, key(0)).y, expected)
    })
  })

  it('let a gradient of the product of their constants through 54 units', () => {
    tf.tidy(() => {
      const through = (shortcut: number): number => gradientThrough(constantScale(silent, { shortcut }), 54)[0]!
      expect(through(1)).toBe(1)
      expect(through(0.5) / 0.5 ** 54).toBeCloseTo(1, 5)
      expect(through(1.1) / 171.87).toBeCloseTo(1, 4)
    })
  })

  it('gate the shortcut alone: 1 - sigmoid(-6) = 0.9975 a unit, 0.875 over 54, and nothing of a gate half open', () => {
    tf.tidy(() => {
      const through = (bias: number, count: number): number => {
        const unit = untyped(shortcutGate(silent, { bias }))
        const { params } = init(unit, key(1), [1, 1, 2]) as { params: { shortcut: { weight: tf.Tensor } } }
        const closed = { ...params, shortcut: { ...params.shortcut, weight: tf.zeros([1, 1, 2, 2]) } }
        const f = (x: tf.Tensor): tf.Tensor =>
          Array.from({ length: count }).reduce<tf.Tensor>((y) => unit.train(closed, y, key(0)).y, x)
        return gradientOf(f, tf.ones([1, 1, 1, 2]) as tf.Tensor).dataSync()[0]!
      }
      expect(through(-6, 1)).toBeCloseTo(0.99753, 5)
      expect(through(-6, 54)).toBeCloseTo(0.875, 3)
      expect(through(0, 54) / 0.5 ** 54).toBeCloseTo(1, 4)
    })
  })

  it('open the branch as they close the shortcut, where the gate is exclusive', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(-6, -1, 0, 2), (seed, bias) =>
        tf.tidy(() => {
          const unit = exclusiveGate(smooth, { bias })
          const { params } = init(unit, key(seed), [3, 3, 2])
          const x = draw(seed, 2, 3, 3, 2)
          const { weight, bias: offset } = params.shortcut
          const gate = tf.sigmoid(tf.add(tf.conv2d(x as tf.Tensor4D, weight as tf.Tensor4D, 1, 'valid'), offset!))
          const branch = smooth.train(params, x, key(0)).y
          const expected = tf.add(tf.mul(tf.sub(1, gate), x), tf.mul(gate, branch))
          expectClose(unit.train(params, x, key(0)).y, expected)
        }),
      ),
      { numRuns: 15 },
    )
  })

  it('drop values of the shortcut in training alone', () => {
    tf.tidy(() => {
      const unit = dropoutShortcut(silent, { rate: 0.5 })
      const { params } = init(unit, key(1), [1, 1, 2])
      const x = tf.ones([200, 1, 1, 2])
      expectClose(unit.apply(params, x, {}), x, 0)
      const kept = [...unit.train(params, x, key(3)).y.dataSync()].filter((value) => value > 0)
      expect(kept.every((value) => value === 2)).toBe(true)
      expect(Math.abs(kept.length - 200)).toBeLessThan(60)
    })
  })

  it('are the shortcut and the branch, in each row of the table', () => {
    tf.tidy(() => {
      for (const [name, operation] of Object.entries(shortcuts)) {
        const unit = untyped(operation(residualBranch({ out: 2 })))
        const { params, state } = init(unit, key(1), [3, 3, 2])
        const x = draw(2, 2, 3, 3, 2)
        const y = unit.apply(params, x, state)
        expect(y.shape, name).toEqual(x.shape)
        expect(unit.train(params, x, key(0)).y.dataSync().every(Number.isFinite), name).toBe(true)
      }
    })
  })

  it('have the gradients of finite differences', () => {
    const branch = sequential({ conv1: conv2d({ out: 2, size: 3 }), bn1: batchNorm() })
    for (const unit of [
      constantScale(branch, { shortcut: 0.5, branch: 0.25 }),
      shortcutGate(branch, { bias: -1 }),
      exclusiveGate(branch, { bias: -1 }),
      convolvedShortcut(branch),
    ].map(untyped)) {
      const tree = { params: init(unit, key(4), [3, 3, 2]).params as object, x: draw(5, 2, 3, 3, 2) }
      const upstream = draw(6, 2, 3, 3, 2)
      const f = ({ params, x }: typeof tree): tf.Tensor => tf.sum(tf.mul(unit.train(params, x, key(0)).y, upstream))
      checkGradients(f, tree, gradientOf(f, tree), { step: 3e-3, tolerance: 2e-2 })
    }
  })

  it('leave no tensor behind, gradients included', () => {
    for (const operation of Object.values(shortcuts)) {
      const unit = untyped(sequential({ unit: operation(smooth) }))
      const { params } = init(unit, key(0), [3, 3, 2])
      const x = draw(1, 2, 3, 3, 2)
      expectNoLeak(() => tf.tidy(() => void gradientOf((p) => unit.train(p, x, key(0)).y, params)))
    }
  })
})

describe('the plans of the operations', () => {
  it('add a gate of C (C + 1) values, or a 1x1 convolution and its normalisation', () => {
    const count = (unit: AnyLayer): number =>
      summary(unit, [8, 8, 16]).params - summary(residualBranch({ out: 16 }), [8, 8, 16]).params
    const branch = residualBranch({ out: 16 })
    expect(count(shortcutGate(branch, { bias: -6 }))).toBe(16 * 17)
    expect(count(exclusiveGate(branch, { bias: -6 }))).toBe(16 * 17)
    expect(count(convolvedShortcut(branch))).toBe(16 * 16 + 32)
    expect(count(constantScale(branch, { shortcut: 0.5 }))).toBe(0)
    expect(count(dropoutShortcut(branch, { rate: 0.5 }))).toBe(0)
  })

  it('start the bias of a gate where it is told', () => {
    tf.tidy(() => {
      const { params } = init(shortcutGate(smooth, { bias: -6 }), key(0), [3, 3, 2])
      expect([...params.shortcut.bias!.dataSync()]).toEqual([-6, -6])
      expect(flatten(params).map(({ path }) => path)).toEqual(['conv1.weight', 'shortcut.weight', 'shortcut.bias'])
    })
  })

  it('say what is wrong and where', () => {
    expect(() => constantScale(smooth, { shortcut: Number.NaN })).toThrow(OptionsError)
    expect(() => sequential({ unit: exclusiveGate(residualBranch({ out: 4 }), { bias: 0 }) }).plan([4, 4, 2])).toThrow(
      ShapeError,
    )
  })
})
