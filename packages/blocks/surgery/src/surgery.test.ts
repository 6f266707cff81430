import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bottleneck } from '@resfn/bottleneck'
import { convBn } from '@resfn/conv-bn'
import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import { identityAdd } from '@resfn/identity-add'
import { type AnyLayer, init, parallel, repeat, sequential, sum, untyped } from '@resfn/layer'
import { makers } from '@resfn/makers'
import { OptionsError } from '@resfn/options'
import { globalAvgPool } from '@resfn/pool'
import { preActivation, preActivationBottleneckBranch, preActivationBranch } from '@resfn/pre-activation'
import { projection } from '@resfn/projected-add'
import { key } from '@resfn/random'
import { projectedResidualBlock, residualBlock } from '@resfn/residual-block'
import { flatten, map } from '@resfn/tree'
import { bitsOf, describeBackends, draw, expectNoLeak, gradientOf } from '@resfn/test-utils'
import { type EditedNet, insertIdentity, type NetWithVariables, removeIdentity, SurgeryError } from './index.ts'

const input = [6, 6, 3]
const head = { pool: globalAvgPool, fc: dense({ out: 3 }) }
const nets: { readonly [name: string]: AnyLayer } = {
  'post-activation': sequential({
    conv1: convBn({ out: 4, size: 3 }),
    act: makers.act,
    layer1: repeat([residualBlock({ out: 4 }), residualBlock({ out: 4 })]),
    layer2: repeat([
      projectedResidualBlock({ out: 8, stride: 2, shortcut: convBn({ out: 8, size: 1, stride: 2 }) }),
      bottleneck({ out: 8 }),
    ]),
    ...head,
  }),
  'pre-activation': sequential({
    conv1: conv2d({ out: 4, size: 3 }),
    layer1: repeat([identityAdd(preActivationBranch({ out: 4 })), identityAdd(preActivationBranch({ out: 4 }))]),
    layer2: repeat([
      preActivation(preActivationBranch({ out: 8, stride: 2 }), projection({ out: 8, stride: 2 })),
      identityAdd(preActivationBottleneckBranch({ out: 8 })),
    ]),
    ...head,
  }),
}

/** A net with its trees as if it had learned: every leaf moved. */
const learned = (net: AnyLayer): NetWithVariables => {
  const { params, state } = init(untyped(net), key(1), input)
  const stir = (tree: unknown): unknown =>
    map(tree as object, (leaf: tf.Tensor) => tf.add(leaf, tf.mul(tf.abs(draw(9, ...leaf.shape)), 0.1)))
  return { net, params: stir(params), state: stir(state) }
}

const logits = ({ net, params, state }: NetWithVariables | EditedNet): Int32Array =>
  bitsOf(tf.tidy(() => untyped(net).apply(params, draw(2, 3, ...input), state)))
const tensorsOf = (tree: unknown): readonly tf.Tensor[] => flatten<tf.Tensor>(tree).map(({ leaf }) => leaf)

const insertions = fc.array(fc.record({ stage: fc.constantFrom('layer1', 'layer2'), from: fc.nat(), seed: fc.nat() }), {
  minLength: 1,
  maxLength: 3,
})

describeBackends('identities', () => {
  it.each(Object.keys(nets))(
    'inserted anywhere leave every bit of the logits, and removing them is the inverse: %s',
    (name) => {
      fc.assert(
        fc.property(insertions, (places) =>
          tf.tidy(() => {
            const trees = learned(nets[name]!)
            let grown: NetWithVariables = trees
            const done = places.map(({ stage, from, seed }) => {
              // The first block of layer2 changes the shape, so a block before it is of the stage before.
              const index = stage === 'layer1' ? from % 3 : 1 + (from % 2)
              const place = { stage, index, input }
              grown = insertIdentity(grown, { ...place, key: key(seed) })
              return place
            })
            expect(logits(grown)).toEqual(logits(trees))
            const [before, after] = [trees, grown].map(({ params }) => new Set(tensorsOf(params)))
            expect(after!.size).toBeGreaterThan(before!.size)
            for (const tensor of before!) expect(after!.has(tensor)).toBe(true)
            const back = done.toReversed().reduce<NetWithVariables>((at, place) => removeIdentity(at, place), grown)
            const paths = (tree: unknown): readonly string[] => flatten(tree).map(({ path }) => path)
            for (const part of ['params', 'state'] as const) {
              expect(paths(back[part])).toEqual(paths(trees[part]))
              expect(tensorsOf(back[part])).toEqual(tensorsOf(trees[part]))
            }
            expect(logits(back)).toEqual(logits(trees))
          }),
        ),
        { numRuns: 5 },
      )
    },
    20_000,
  )

  it('can learn: the part that was 0 has a gradient', () => {
    tf.tidy(() => {
      for (const net of Object.values(nets)) {
        const grown = insertIdentity(learned(net), { stage: 'layer1', index: 1, input, key: key(3) })
        const block = (grown.params as { readonly layer1: readonly object[] }).layer1[1]!
        const last = Object.keys(block).at(-1)!
        const inLast = (leaves: object): readonly tf.Tensor[] =>
          flatten<tf.Tensor>(leaves).flatMap(({ path, leaf }) => (path.startsWith(`layer1.1.${last}.`) ? [leaf] : []))
        const isZero = (leaf: tf.Tensor): boolean => leaf.dataSync().every((value) => value === 0)
        expect(inLast(grown.params as object).every(isZero)).toBe(true)
        const gradients = gradientOf(
          (params) => grown.net.train(params, draw(2, 3, ...input), key(0)).y,
          grown.params as object,
          draw(5, 3, 3),
        )
        expect(inLast(gradients).some(isZero)).toBe(false)
      }
    })
  })

  it('make no tensor but those of the block', () => {
    const trees = learned(nets['post-activation']!)
    const options = { stage: 'layer1', index: 1, input, key: key(3) }
    const before = tf.memory().numTensors
    const grown = insertIdentity(trees, options)
    const own = flatten(grown.params).length + flatten(grown.state).length
    const old = flatten(trees.params).length + flatten(trees.state).length
    expect(tf.memory().numTensors - before).toBe(own - old)
    expectNoLeak(() => void removeIdentity(grown, options))
  })
})

describe('surgery', () => {
  const trees = (): NetWithVariables => learned(nets['post-activation']!)
  const more = { input, key: key(1) }

  it('refuses a block that is not the identity there', () => {
    expect(() => removeIdentity(trees(), { stage: 'layer1', index: 1, input })).toThrow(
      /^layer1\.1: this block is not the identity: on random images it changes values by up to/,
    )
    // A post-activation block after a sum without one loses the negative values.
    const signed = learned(nets['pre-activation']!)
    expect(() =>
      insertIdentity(signed, { stage: 'layer1', index: 1, block: residualBlock({ out: 4 }), ...more }),
    ).toThrow(/^layer1\.1: no part of this block makes it the identity when it is 0/)
  })

  it('refuses a block that changes the shape', () => {
    expect(() => insertIdentity(trees(), { stage: 'layer2', index: 0, ...more })).toThrow(
      /^layer2\.0: (the block makes|branch)/,
    )
    const one = sequential({ layer1: repeat([conv2d({ out: 8, size: 3 })]) })
    expect(() =>
      insertIdentity(learned(one), { stage: 'layer1', index: 1, block: conv2d({ out: 4, size: 1 }), ...more }),
    ).toThrow(
      'layer1.1: the block makes [6,6,4] of [6,6,8]; an identity keeps the shape, so give another block or index',
    )
    expect(() => removeIdentity(learned(one), { stage: 'layer1', index: 0, input })).toThrow(/by up to Infinity/)
  })

  it('says where there is no such place', () => {
    const wrong =
      (stage: string, index = 0) =>
      () =>
        insertIdentity(trees(), { stage, index, ...more })
    expect(wrong('layer3')).toThrow(
      'layer3: there is no such part in a net of sequential parts; the parts here are conv1, act, layer1, layer2, pool, fc',
    )
    expect(wrong('layer3')).toThrow(SurgeryError)
    expect(wrong('conv1')).toThrow('this is not a stage: blocks in a row, as repeat and stage make them; name one')
    expect(wrong('layer1', 3)).toThrow('layer1.3: there is no such place; the last is layer1.2')
    expect(() => removeIdentity(trees(), { stage: 'layer1', index: 2, input })).toThrow('the last is layer1.1')
    expect(wrong('layer1', -1)).toThrow(OptionsError)
    const side = learned(parallel({ a: repeat([residualBlock({ out: 3 })]) }, sum))
    expect(() => insertIdentity(side, { stage: 'a', index: 0, ...more })).toThrow(SurgeryError)
  })

  it('reaches a stage inside a part, and one without state', () => {
    const linear = identityAdd(sequential({ fc: conv2d({ out: 3, size: 1 }) }))
    const net = learned(sequential({ body: sequential({ layer1: repeat([linear]) }) }))
    const grown = insertIdentity(net, { stage: 'body.layer1', index: 0, ...more })
    expect(flatten(grown.params).map(({ path }) => path)).toEqual([
      'body.layer1.0.fc.weight',
      'body.layer1.1.fc.weight',
    ])
    expect(logits(grown)).toEqual(logits(net))
  })
})
