import * as tf from '@tensorflow/tfjs-core'
import { applyDense, type DenseParams } from '@resfn/dense'
import { editPart, init, partPaths, subtree, summary } from '@resfn/layer'
import { key, normal } from '@resfn/random'
import { embed, features, freeze, headPath, initHead, withHead } from '@resfn/surgery'
import { bitsOf, describeBackends } from '@resfn/test-utils'
import { flatten } from '@resfn/tree'
import { describe, expect, it } from 'vitest'
import { createNet } from './create-net.ts'
import { nets } from './nets.ts'

const pathsOf = (tree: unknown): readonly string[] => flatten(tree).map(({ path }) => path)

describe('the parts of every net', () => {
  it.each(Object.keys(nets))('%s: a head of its own, and a body that a new head keeps', (name) => {
    const net = createNet(name)
    const head = headPath(net)
    const whole = net.plan(net.input)
    const weight = flatten<{ readonly shape: readonly number[] }>(whole.params).find(
      ({ path }) => path === `${head}.weight`,
    )!
    expect(weight.leaf.shape[1]).toBe(net.classes)
    const body = embed(net).plan(net.input)
    expect(body.output).toEqual([weight.leaf.shape[0]])
    expect(pathsOf(body.params)).toEqual(pathsOf(whole.params).filter((path) => !path.startsWith(`${head}.`)))
    const other = withHead(net, 7).plan(net.input)
    expect(other.output).toEqual([7])
    expect([pathsOf(other.params), pathsOf(other.state)]).toEqual([pathsOf(whole.params), pathsOf(whole.state)])
  })

  it.each([
    'lenet-bn',
    'cifar-resnet9',
    'resnet50d',
    'seresnet50',
    'cifar-resattnet56',
    'skresnext50_32x4d',
    'res2net50_26w_4s',
    'resnest14d',
    'bam_resnet50',
    'densenet121',
  ])('%s: each can be put back, and its path is one of a summary', (name) => {
    const net = createNet(name)
    const rows = summary(net, net.input)
    const known = new Set(rows.rows.map(({ path }) => path))
    const paths = partPaths(net)
    for (const path of paths) expect(known.has(path), path).toBe(true)
    for (const path of paths.filter((_, i) => i % 17 === 0))
      expect(
        summary(
          editPart(net, path, (part) => part),
          net.input,
        ),
      ).toEqual(rows)
  })
})

const small: readonly (readonly [name: string, input: readonly number[]])[] = [
  ['lenet-bn', [28, 28, 1]],
  ['cifar-resnet8', [8, 8, 3]],
  ['cifar-resnet9', [32, 32, 3]],
  ['cifar-preactresnet20', [8, 8, 3]],
  ['cifar-densenet40-12', [8, 8, 3]],
  ['resnet18d', [32, 32, 3]],
  ['legacy_seresnet18', [32, 32, 3]],
  ['resnetv2_18', [32, 32, 3]],
]

describeBackends(
  'a net by name',
  () => {
    it.each(small)('%s: its head on its embedding is the net, and freezing keeps its function', (name, input) => {
      tf.tidy(() => {
        const net = createNet(name, { classes: 5 })
        const trees = { net, ...init(net, key(1), input) }
        const x = tf.tensor(normal(key(2), 2 * input.reduce((a, b) => a * b, 1)), [2, ...input])
        const y = net.apply(trees.params, x, trees.state)
        const pooled = embed(net).apply(trees.params, x, trees.state)
        const head = headPath(net)
        if (name !== 'cifar-resnet9')
          expect(bitsOf(applyDense(subtree(trees.params, head) as DenseParams, pooled))).toEqual(bitsOf(y))
        const frozen = freeze(trees, `**, ${head}`)
        expect(pathsOf([frozen.params, frozen.state])).toEqual([])
        const body = freeze(
          trees,
          Object.keys(net.parts!.layers)
            .filter((part) => part !== head)
            .join(','),
        )
        expect(new Set(pathsOf(body.params).map((path) => path.split('.')[0]))).toEqual(new Set([head]))
        expect(bitsOf(body.net.apply(body.params, x, body.state))).toEqual(bitsOf(y))
        const own = initHead(withHead(net, 3), trees, key(3), input)
        const names = Object.keys(net.parts!.layers)
        const maps = features(net, names)(trees.params, x, trees.state)
        expect(bitsOf(maps[names.at(-1)!]!)).toEqual(bitsOf(y))
        expect(withHead(net, 3).apply(own.params, x, own.state).shape).toEqual([2, 3])
      })
    })
  },
  ['wasm'],
)
