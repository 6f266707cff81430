import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { convBn } from '@resfn/conv-bn'
import { dense } from '@resfn/dense'
import { absorb, partPaths, sequential, shaped, skip, sum, summary, untyped } from '@resfn/layer'
import { globalAvgPool } from '@resfn/pool'
import { key } from '@resfn/random'
import { bitsOf, describeBackends, draw, expectNoLeak, gradientOf } from '@resfn/test-utils'
import { flatten, map } from '@resfn/tree'
import { describe, expect, it } from 'vitest'
import { input, learned, net } from './fixtures/nets.ts'
import { freeze, thaw } from './index.ts'

const pathsOf = (tree: unknown): readonly string[] => flatten(tree).map(({ path }) => path)
const parts = partPaths(net)
const choices = fc.uniqueArray(fc.constantFrom(...parts), { minLength: 1, maxLength: 4 })

describeBackends('freeze', () => {
  it('splits the trees, keeps the function to the bit, and thaw is its inverse', () => {
    fc.assert(
      fc.property(choices, (chosen) =>
        tf.tidy(() => {
          const trees = learned()
          const frozen = freeze(trees, chosen.join(','))
          const isFrozen = (path: string): boolean => chosen.some((at) => `${path}.`.startsWith(`${at}.`))
          for (const root of ['params', 'state'] as const) {
            expect(pathsOf(frozen[root])).toEqual(pathsOf(trees[root]).filter((path) => !isFrozen(path)))
            expect(pathsOf(frozen.net.plan(input)[root])).toEqual(pathsOf(frozen[root]))
          }
          const x = draw(3, 2, ...input)
          expect(bitsOf(frozen.net.apply(frozen.params, x, frozen.state))).toEqual(
            bitsOf(untyped(net).apply(trees.params, x, trees.state)),
          )
          const { params, state } = thaw(trees, frozen)
          expect(flatten(params)).toEqual(flatten(trees.params))
          expect(flatten(state)).toEqual(flatten(trees.state))
        }),
      ),
      { numRuns: 25 },
    )
  })

  it('gives what is not frozen the gradients of the net whose frozen parts are constants', () => {
    tf.tidy(() => {
      const trees = learned()
      const frozen = freeze(trees, 'stem, layer1')
      const x = draw(3, 2, ...input)
      const dy = draw(4, 2, 3)
      const gradients = gradientOf((params) => frozen.net.train(params, x, key(0)).y, frozen.params as object, dy)
      expect(pathsOf(gradients)).toEqual(pathsOf(frozen.params))
      // The same by hand: the frozen parts in evaluation, the others in training.
      const { conv1, act, layer1, ...rest } = net.layers
      type Trees = { readonly [K in 'conv1' | 'layer1']: never }
      const [params, state] = [trees.params as Trees, trees.state as Trees]
      const before = layer1.apply(
        params.layer1,
        act.apply({}, conv1.apply(params.conv1, x, state.conv1), {}),
        state.layer1,
      )
      const expected = gradientOf(
        (own: { readonly [name: string]: unknown }) => {
          const second = untyped(rest.layer2).train(own['layer2'], before, key(0)).y
          return untyped(rest.fc).train(own['fc'], rest.pool.apply({}, second, {}), key(0)).y
        },
        frozen.params as { readonly [name: string]: unknown },
        dy,
      )
      const bits = (tree: unknown): readonly Int32Array[] => flatten<tf.Tensor>(tree).map(({ leaf }) => bitsOf(leaf))
      expect(bits(gradients)).toEqual(bits(expected))
    })
  })

  it('leaves frozen statistics as they are, and moves the others', () => {
    tf.tidy(() => {
      const trees = learned()
      const frozen = freeze(trees, 'layer1')
      const { seen } = frozen.net.train(frozen.params, draw(3, 2, ...input), key(0))
      const after = thaw(trees, { params: frozen.params, state: absorb(0.9)(frozen.state, seen) })
      const old = new Map(flatten<tf.Tensor>(trees.state).map(({ path, leaf }) => [path, leaf]))
      for (const { path, leaf } of flatten<tf.Tensor>(after.state))
        expect(leaf === old.get(path)).toBe(path.startsWith('layer1.'))
    })
  })

  it('makes no tensor', () => {
    const trees = learned()
    expectNoLeak(() => void thaw(trees, freeze(trees, '**.bn1, layer2')))
    const frozen = freeze(trees, 'layer2')
    const x = draw(3, 2, ...input)
    expectNoLeak(() => tf.tidy(() => void frozen.net.train(frozen.params, x, key(0))))
  })
})

describe('freeze', () => {
  it('reaches what the shape of an input makes, inside a layer that adds no name', () => {
    const made = shaped(([, , channels = 1]) =>
      sequential({ a: convBn({ out: channels, size: 1 }), b: convBn({ out: channels, size: 1 }) }),
    )
    const trees = learned(
      sequential({ gate: skip(sum)(made), fc: sequential({ pool: globalAvgPool, out: dense({ out: 2 }) }) }),
    )
    tf.tidy(() => {
      const frozen = freeze(trees, 'gate.a, fc.out')
      expect(pathsOf(frozen.params)).toEqual(pathsOf(trees.params).filter((path) => path.startsWith('gate.b')))
      expect(pathsOf(frozen.net.plan(input).params)).toEqual(pathsOf(frozen.params))
      const x = draw(3, 2, ...input)
      expect(bitsOf(frozen.net.apply(frozen.params, x, frozen.state))).toEqual(
        bitsOf(untyped(trees.net).apply(trees.params, x, trees.state)),
      )
      const { seen } = frozen.net.train(frozen.params, x, key(0))
      expect(pathsOf(seen)).toEqual(pathsOf(trees.state).filter((path) => path.startsWith('gate.b')))
    })
    expect(() => freeze(trees, 'gate.c')).toThrow(/^gate\.c: nothing has such a path; did you mean gate\.a or gate\.b/)
  })

  it('takes the patterns of choosePaths, and names the nearest', () => {
    const trees = learned()
    expect(() => freeze(trees, 'layer1..3')).toThrow(/^layer3: nothing has such a path; did you mean layer1 or layer2/)
    expect(pathsOf(freeze(trees, '**').params)).toEqual([])
    expect(map(freeze(trees, 'stem').params, (leaf) => leaf)).not.toHaveProperty('conv1')
  })

  it('shows frozen parts without parameters, with the same shapes and multiply-adds', () => {
    const frozen = freeze(learned(), 'layer1')
    const [before, after] = [net, frozen.net].map((at) => summary(at, input))
    expect(after!.macs).toBe(before!.macs)
    expect(after!.output).toEqual(before!.output)
    expect(after!.params).toBeLessThan(before!.params)
  })
})
