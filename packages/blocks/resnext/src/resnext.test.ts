import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchNorm } from '@resfn/batch-norm'
import { conv2d } from '@resfn/conv2d'
import { identityAdd } from '@resfn/identity-add'
import { init, type Layer, summary, untyped } from '@resfn/layer'
import { type Makers, makers } from '@resfn/makers'
import { OptionsError } from '@resfn/options'
import { key, normal, uniform } from '@resfn/random'
import { flatten, map, type Tree } from '@resfn/tree'
import { describeBackends, draw, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import {
  convertForm,
  earlyConcatenation,
  type Form,
  groupedConvolutions,
  type PathsOptions,
  splitTransformMerge,
  weightsOfPaths,
  widthOfPaths,
} from './index.ts'

// Normalisations that shift, so that inputs of ReLU lie on either side of 0 and seldom near it.
const shifting: Makers = {
  ...makers,
  norm: () =>
    batchNorm({ initial: { weight: (k, shape) => uniform(k, shape[0]!, { low: 0.5, high: 1.5 }), bias: normalBias } }),
}
const normalBias = (k: Parameters<typeof normal>[0], shape: readonly number[]): Float32Array => normal(k, shape[0]!)

const formsOf = (options: PathsOptions): { readonly [form in Form]: Layer<unknown, unknown> } => ({
  split: untyped(splitTransformMerge(options, shifting)),
  early: untyped(earlyConcatenation(options, shifting)),
  grouped: untyped(groupedConvolutions(options, shifting)),
})

const forms: readonly Form[] = ['split', 'early', 'grouped']

const branches = fc.record({
  channels: fc.integer({ min: 1, max: 5 }),
  out: fc.integer({ min: 1, max: 5 }),
  cardinality: fc.integer({ min: 1, max: 4 }),
  width: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 2 }),
  seed: fc.nat(),
})

const same = (actual: unknown, expected: unknown, tolerance: number): void => {
  const [ours, theirs] = [flatten<tf.Tensor>(actual), flatten<tf.Tensor>(expected)]
  expect(ours.map(({ path }) => path).sort()).toEqual(theirs.map(({ path }) => path).sort())
  for (const { path, leaf } of ours)
    expectClose(leaf, theirs.find((other) => other.path === path)!.leaf.dataSync(), tolerance)
}

describeBackends('the forms of ResNeXt', () => {
  it('are one function: outputs, gradients and statistics, mapped', () => {
    fc.assert(
      fc.property(branches, ({ channels, seed, ...options }) => {
        tf.tidy(() => {
          const nets = formsOf(options)
          const { params, state } = init(nets.grouped, key(seed), [5, 4, channels])
          const seenState = map(state as Tree, (leaf) => tf.add(leaf, tf.abs(draw(seed + 3, ...leaf.shape))))
          const x = draw(seed + 1, 2, 5, 4, channels)
          const y = nets.grouped.apply(params, x, seenState)
          const dy = draw(seed + 2, ...y.shape)
          const trained = nets.grouped.train(params, x, key(0))
          const gradients = gradientOf(
            (tree) => nets.grouped.apply(tree.params, tree.x, seenState),
            { params: params as Tree, x },
            dy,
          )
          for (const to of ['split', 'early'] as const) {
            const mapped = (tree: unknown): Tree =>
              convertForm(tree as Tree, { from: 'grouped', to, cardinality: options.cardinality })
            const net = nets[to]
            expectClose(net.apply(mapped(params), x, mapped(seenState)), y.dataSync(), 1e-5)
            const other = net.train(mapped(params), x, key(0))
            expectClose(other.y, trained.y.dataSync(), 1e-5)
            same(other.seen, mapped(trained.seen), 1e-5)
            const found = gradientOf(
              (tree) => net.apply(tree.params, tree.x, mapped(seenState)),
              { params: mapped(params), x },
              dy,
            )
            expectClose(found.x, gradients.x.dataSync(), 1e-5)
            same(found.params, mapped(gradients.params), 1e-5)
          }
        })
      }),
      // A fixed seed: an input of ReLU within rounding of 0 may fall on either side of it.
      { numRuns: 10, seed: 1 },
    )
  })

  it('convert to each other and back without a changed bit, and to the trees that they have', () => {
    fc.assert(
      fc.property(branches, ({ channels, seed, ...options }) => {
        tf.tidy(() => {
          const nets = formsOf(options)
          for (const from of forms)
            for (const to of forms) {
              const { cardinality } = options
              const { params, state } = init(nets[from], key(seed), [3, 3, channels])
              const wanted = nets[to].plan([3, 3, channels])
              for (const [tree, specs] of [
                [params, wanted.params],
                [state, wanted.state],
              ] as const) {
                const there = convertForm(tree as Tree, { from, to, cardinality })
                const shapes = (entries: unknown): unknown =>
                  Object.fromEntries(
                    flatten<{ readonly shape: readonly number[] }>(entries).map(({ path, leaf }) => [path, leaf.shape]),
                  )
                expect(shapes(there)).toEqual(shapes(specs))
                same(convertForm(there, { from: to, to: from, cardinality }), tree, 0)
              }
            }
        })
      }),
      { numRuns: 10 },
    )
  })

  it('keep what is not of the branch, such as a shortcut', () => {
    tf.tidy(() => {
      const block = identityAdd(groupedConvolutions({ out: 4, cardinality: 2, width: 1 }))
      const { params } = init(block, key(0), [3, 3, 4])
      const tree = { ...params, shortcut: { weight: tf.ones([2]) } }
      const converted = convertForm(tree, { from: 'grouped', to: 'split', cardinality: 2 })
      expect(Object.keys(converted).sort()).toEqual(['bn3', 'paths', 'shortcut'])
    })
  })

  it('leave no tensor behind but those of the tree', () => {
    const options = { out: 4, cardinality: 2, width: 2 }
    const { params } = init(groupedConvolutions(options), key(0), [3, 3, 4])
    expectNoLeak(() => {
      const there = convertForm(params, { from: 'grouped', to: 'split', cardinality: 2 })
      const back = convertForm(there, { from: 'split', to: 'early', cardinality: 2 })
      tf.dispose(flatten<tf.Tensor>([there, back]).map(({ leaf }) => leaf))
    })
  })

  it('say what is wrong', () => {
    tf.tidy(() => {
      const { params } = init(groupedConvolutions({ out: 4, cardinality: 2, width: 1 }), key(0), [3, 3, 4])
      expect(() => convertForm(params, { from: 'grouped', to: 'split', cardinality: 3 })).toThrow(
        new OptionsError('convertForm: 3 paths must divide the 2 channels of conv1'),
      )
      expect(() => convertForm(params, { from: 'c' as Form, to: 'split', cardinality: 2 })).toThrow(/convertForm: from/)
      const biased: Makers = { ...makers, conv: (options) => conv2d({ ...options, bias: true }) }
      const grouped = groupedConvolutions({ out: 4, cardinality: 2, width: 1 }, biased)
      const tree = init(grouped, key(0), [3, 3, 4]).params
      expect(() => convertForm(tree, { from: 'grouped', to: 'split', cardinality: 2 })).toThrow(
        /conv3 must have no bias/,
      )
    })
    expect(() => splitTransformMerge({ out: 4, cardinality: 0, width: 1 })).toThrow(
      /splitTransformMerge: cardinality must be a whole number of at least 1, not 0/,
    )
  })
})

describe('the cardinality', () => {
  // Xie et al. (2017), table 2, and equation 4.
  it.each([
    [1, 64, 69632],
    [2, 40, 69760],
    [4, 24, 69888],
    [8, 14, 71456],
    [32, 4, 70144],
  ])('%i has paths of width %i, with %i weights', (cardinality, width, weights) => {
    expect(widthOfPaths({ cardinality })).toBe(width)
    expect(weightsOfPaths({ cardinality, width })).toBe(weights)
  })

  it('counts what the forms have: weights of convolutions, and multiply-adds a pixel', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 6 }), (cardinality, width) => {
        const weights = weightsOfPaths({ cardinality, width, channels: 12 })
        for (const net of Object.values(formsOf({ out: 12, cardinality, width })))
          expect(summary(net, [1, 1, 12]).macs).toBe(weights)
      }),
      { numRuns: 20 },
    )
  })

  it('is at most half a step from the weights that were to be spent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 64 }), (cardinality, quarter) => {
        const channels = 4 * quarter
        const spent = weightsOfPaths({ cardinality: 1, width: quarter, channels })
        const width = widthOfPaths({ cardinality, channels })
        const around = (d: number): number => cardinality * (2 * channels * d + 9 * d ** 2)
        if (width > 1) expect(around(width - 0.5)).toBeLessThanOrEqual(spent + 1e-6)
        expect(around(width + 0.5)).toBeGreaterThanOrEqual(spent - 1e-6)
      }),
    )
  })

  it('refuses numbers that are none of a path', () => {
    expect(() => widthOfPaths({ cardinality: 0 })).toThrow(OptionsError)
    expect(() => weightsOfPaths({ cardinality: 2, width: 0.5 })).toThrow(OptionsError)
  })
})
