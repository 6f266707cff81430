import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conv2d } from '@resfn/conv2d'
import { identityAdd } from '@resfn/identity-add'
import {
  type AnyLayer,
  init,
  type Layer,
  lift,
  product,
  sequential,
  ShapeError,
  summary,
  untyped,
  zeros,
} from '@resfn/layer'
import { makers } from '@resfn/makers'
import { maxPool } from '@resfn/pool'
import { key } from '@resfn/random'
import { flatten, mapTo } from '@resfn/tree'
import {
  checkGradients,
  describeBackends,
  draw,
  expectClose,
  expectNoLeak,
  gradientOf,
  readFixture,
  tensorOf,
  type Values,
} from '@resfn/test-utils'
import { type Fuse, hourglass } from './hourglass.ts'
import { attentionResidual } from './joins.ts'
import { residualAttention } from './residual-attention.ts'
import { channelAttention, mixedAttention, softMask, spatialAttention } from './soft-mask.ts'

type Named = { readonly [path: string]: Values }
type Case = { readonly depth: number; readonly p: number; readonly t: number; readonly r: number } & {
  readonly fuse: Fuse
  readonly params: Named
  readonly gradients: Named
} & { readonly [name in 'x' | 'y' | 'dy' | 'dx']: Values }
type Activation = { readonly kind: string } & { readonly [name in 'x' | 'y' | 'dy' | 'dx']: Values }
const { modules, activations } = readFixture<{
  readonly modules: readonly Case[]
  readonly activations: readonly Activation[]
}>(new URL('./fixtures/torch.json', import.meta.url))

const torchPool = maxPool({ size: 3, stride: 2, padding: 1 })
const of = ({ depth, p, t, r, fuse }: Case): Layer<unknown, unknown> =>
  residualAttention({ out: 4, depth, p, t, r, fuse, ...(fuse === 'tsf' ? { pool: torchPool } : {}) })

const same = lift((x) => x, { kind: 'same' })
/** A mask of one value everywhere. */
const constantMask = (value: number): AnyLayer => lift((u) => tf.fill(u.shape, value))

describeBackends('residualAttention', () => {
  it.each(modules.map((example) => [example.depth, example.fuse, example] as const))(
    'equals PyTorch in value and every gradient: depth %i, fuse %s',
    (_, __, example) => {
      tf.tidy(() => {
        const net = of(example)
        const x = tensorOf(example.x)
        const paths: string[] = []
        const params = mapTo(net.plan(x.shape.slice(1)).params, (___, path) => {
          paths.push(path)
          return tensorOf(example.params[path]!)
        })
        expect(paths.toSorted()).toEqual(Object.keys(example.params).toSorted())
        const tree = { params, x }
        expectClose(net.train(params, x, key(0)).y, example.y.values, 1e-4)
        const gradients = gradientOf((at) => net.train(at.params, at.x, key(0)).y, tree, tensorOf(example.dy))
        expectClose(gradients.x, example.dx.values, 5e-4)
        // All at once: some are 0 but for rounding, because a normalisation takes a shift away.
        const leaves = flatten<tf.Tensor>(gradients.params as never)
        expectClose(
          tf.concat(leaves.map(({ leaf }) => tf.reshape(leaf, [-1]))),
          leaves.flatMap(({ path }) => example.gradients[path]!.values),
          5e-4,
        )
      })
    },
  )

  it('scales by 1.5 a module with a mask of one half, and by 0.5 where attention is naive', () => {
    tf.tidy(() => {
      const halves = softMask(
        { out: 3 },
        { ...makers, conv: (options) => conv2d({ ...options, initial: { weight: zeros } }) },
      )
      const x = draw(1, 1, 8, 6, 3)
      for (const [join, factor] of [
        [attentionResidual, 1.5],
        [product, 0.5],
      ] as const) {
        const module = residualAttention({ out: 3, depth: 2, unit: same, mask: halves, join })
        const net = untyped(sequential({ a: module, b: module, c: module }))
        const { params, state } = init(net, key(0), [8, 6, 3])
        expectClose(net.apply(params, x, state), tf.mul(x, factor ** 3), 1e-6)
      }
    })
  })

  it('is its trunk with a mask of 0, to the bit, where the naive module is 0', () => {
    tf.tidy(() => {
      const unit = identityAdd(conv2d({ out: 3, size: 3 }))
      const x = draw(2, 1, 5, 7, 3)
      const net = residualAttention({ out: 3, depth: 1, unit, mask: constantMask(0) })
      const { params, state } = init(net, key(1), [5, 7, 3])
      const { first, trunk, last } = net.layers
      const plain = untyped(sequential({ first, trunk, last }))
      expect([...net.apply(params, x, state).dataSync()]).toEqual([...plain.apply(params, x, state).dataSync()])
      const naive = residualAttention({ out: 3, depth: 1, unit: same, mask: constantMask(0), join: product })
      expect([...naive.apply({}, x, {}).dataSync()].every((value) => value === 0)).toBe(true)
    })
  })

  it('differs from the naive module by the trunk', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        tf.tidy(() => {
          const ys = [draw(seed, 1, 3, 4, 2), draw(seed + 1, 1, 3, 4, 2)]
          expectClose(tf.sub(attentionResidual.apply(ys), product.apply(ys)), ys[0]!, 1e-5)
        })
      }),
      { numRuns: 20 },
    )
  })

  it('filters the gradient of the trunk by the mask: (1 + M) dT, and M dT where attention is naive', () => {
    tf.tidy(() => {
      const unit = identityAdd(conv2d({ out: 2, size: 3 }))
      const x = draw(3, 1, 6, 6, 2)
      for (const [join, offset] of [
        [attentionResidual, 1],
        [product, 0],
      ] as const) {
        const net = residualAttention({ out: 2, depth: 1, t: 1, unit, mask: mixedAttention, join })
        const { params } = init(net, key(2), [6, 6, 2])
        type Tree = { readonly [part in 'first' | 'trunk' | 'hourglass' | 'last']: unknown }
        const own = params as Tree
        const { first, trunk, hourglass: around, mask, last } = net.layers
        const run = (layer: AnyLayer, tree: unknown, at: tf.Tensor): tf.Tensor => untyped(layer).apply(tree, at, {})
        const x1 = run(first, own.first, x)
        const m = run(mask, {}, run(around, own.hourglass, x1))
        const h = join.apply([run(trunk, own.trunk, x1), m])
        const dh = gradientOf((at) => run(last, own.last, at), h)
        const byHand = gradientOf((tree) => run(trunk, tree, x1), own.trunk, tf.mul(tf.add(m, offset), dh))
        const autograd = gradientOf((tree) => net.apply({ ...own, trunk: tree }, x, {}), own.trunk)
        const [expected, found] = [byHand, autograd].map((tree) => flatten<tf.Tensor>(tree as never)[0]!.leaf)
        expectClose(found!, expected!, 1e-5)
      }
    })
  })

  it('has the gradients of finite differences', () => {
    const smooth = { ...makers, act: lift((x) => tf.tanh(x)) }
    const pool = lift((x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid'), {
      output: ([height, width, channels]) => [Math.floor(height! / 2), Math.floor(width! / 2), channels!],
    })
    const net = residualAttention({ out: 4, depth: 2, t: 1, pool, mask: softMask({ out: 4 }, smooth) }, smooth)
    const params = init(net, key(3), [8, 8, 4]).params as { readonly [part in 'mask' | 'last']: object }
    const [x, upstream] = [draw(4, 2, 8, 8, 4), draw(5, 2, 8, 8, 4)]
    const f = (mask: object): tf.Tensor => tf.sum(tf.mul(net.train({ ...params, mask }, x, key(0)).y, upstream))
    checkGradients(f as never, params.mask as never, gradientOf(f, params.mask) as never, {
      step: 3e-3,
      tolerance: 2e-2,
    })
  })

  it('leaves no tensor behind, gradients included', () => {
    for (const fuse of ['paper', 'tsf'] as const) {
      const net = residualAttention({ out: 4, depth: 2, fuse })
      const { params, state } = init(net, key(4), [8, 8, 4])
      const x = draw(6, 2, 8, 8, 4)
      expectNoLeak(() => tf.tidy(() => void gradientOf((p) => net.train(p, x, key(0)).y, params)))
      expectNoLeak(() => tf.tidy(() => void net.apply(params, x, state)))
    }
  })
})

describeBackends('the mask', () => {
  it.each(activations.map((example) => [example.kind, example] as const))(
    'equals PyTorch in value and gradient: %s attention',
    (kind, { x, y, dy, dx }) => {
      const layer = { mixed: mixedAttention, channel: channelAttention, spatial: spatialAttention }[kind]!
      expectClose(layer.apply({}, tensorOf(x), {}), y.values, 1e-5)
      expectClose(
        gradientOf((at) => layer.apply({}, at, {}), tensorOf(x), tensorOf(dy)),
        dx.values,
        1e-4,
      )
    },
  )

  it('has a finite gradient where all channels, or all positions, are 0', () => {
    for (const layer of [channelAttention, spatialAttention])
      expect(
        gradientOf((at) => layer.apply({}, at, {}), tf.zeros([1, 2, 2, 3]))
          .dataSync()
          .every(Number.isFinite),
      ).toBe(true)
  })

  it('pools negative values without the padding, whatever the rounding', () => {
    const halved = hourglass({ unit: same, depth: 1 })
    expectClose(halved.apply({}, tf.fill([1, 6, 5, 2], -3), {}), tf.fill([1, 6, 5, 2], -3), 0)
  })
})

describe('the plan of residualAttention', () => {
  it('keeps the shape at any size that is large enough', () => {
    for (const [height, width] of [
      [56, 56],
      [25, 21],
      [17, 16],
    ] as const)
      for (const fuse of ['paper', 'tsf'] as const)
        for (const depth of [0, 1, 2, 3])
          expect(residualAttention({ out: 8, depth, fuse }).plan([height, width, 8]).output).toEqual([height, width, 8])
  })

  it('has 12, 9, 6 and 6 units for depths 3, 2, 1 and 0', () => {
    const unit = (17 / 16) * 64 ** 2 + 3 * 64
    const mask = 2 * 64 ** 2 + 4 * 64
    for (const [depth, units] of [
      [3, 12],
      [2, 9],
      [1, 6],
      [0, 6],
    ] as const)
      expect(summary(residualAttention({ out: 64, depth }), [32, 32, 64]).params).toBe(units * unit + mask)
    expect(summary(residualAttention({ out: 64, depth: 3, p: 2, t: 4, r: 3 }), [32, 32, 64]).params).toBe(
      27 * unit + mask,
    )
  })

  it('has the same trees whatever is fused or joined', () => {
    const paths = (options: object): readonly string[] =>
      flatten(residualAttention({ out: 8, depth: 2, ...options }).plan([9, 9, 8]).params).map(({ path }) => path)
    expect(paths({ fuse: 'tsf' })).toEqual(paths({}))
    expect(paths({ join: product })).toEqual(paths({}))
    expect(paths({}).filter((path) => path.endsWith('conv1.weight'))).toEqual(
      [
        ...['first', 'trunk.0', 'trunk.1', 'hourglass.down', 'hourglass.skip'],
        ...['hourglass.inner.down.0', 'hourglass.inner.down.1', 'hourglass.up', 'mask', 'last'],
      ].map((path) => `${path}.conv1.weight`),
    )
  })

  it('says what it cannot take', () => {
    expect(() => sequential({ a: residualAttention({ out: 8, depth: 1 }) }).plan([8, 8, 4])).toThrow(ShapeError)
    expect(() => residualAttention({ out: 8, depth: 3 }).plan([4, 4, 8])).toThrow(
      'hourglass.inner.inner.pool: the 3x3 window is larger than the input [1,1,8]',
    )
    expect(() => residualAttention({ out: 8, depth: -1 })).toThrow(
      'residualAttention: depth must be a whole number of at least 0, not -1',
    )
    expect(() => hourglass({ unit: same, depth: 1, fuse: 'both' as 'tsf' })).toThrow(
      "hourglass: fuse must be one of 'paper', 'tsf', not 'both'",
    )
  })
})
