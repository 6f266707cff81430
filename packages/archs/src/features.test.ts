import * as tf from '@tensorflow/tfjs-core'
import { type AnyLayer, init, type Layer, subtree, summary, untyped } from '@resfn/layer'
import { key, normal } from '@resfn/random'
import { features, freeze } from '@resfn/surgery'
import { bitsOf, describeBackends } from '@resfn/test-utils'
import { flatten } from '@resfn/tree'
import { expect, it } from 'vitest'
import { createNet } from './create-net.ts'

type Named = { readonly [name: string]: AnyLayer }
type Join = { readonly apply: (ys: readonly tf.Tensor[]) => tf.Tensor }
type Feeds = { readonly [name: string]: string | { readonly join: Join; readonly of: readonly string[] } | undefined }
type See = (path: string, y: tf.Tensor) => void

/** A part with its trees, and where it stands. */
type Place = { readonly layer: AnyLayer; readonly params: unknown; readonly state: unknown; readonly path: string }

const inside = ({ params, state, path }: Place, name: string, layer: AnyLayer): Place => ({
  layer,
  params: subtree(params, name),
  state: subtree(state, name),
  path: path === '' ? name : `${path}.${name}`,
})

/**
 * Runs a net by hand, by what each combinator shows of itself, and shows the output of every part. Nothing of
 * `editPart` is used.
 */
const walk = (place: Place, x: tf.Tensor, see: See): tf.Tensor => {
  const { params, state } = place
  const layer = untyped(place.layer)
  const named = (name: string, part: AnyLayer, input: tf.Tensor): tf.Tensor => {
    const own = inside(place, name, part)
    const y = walk(own, input, see)
    see(own.path, y)
    return y
  }
  const y = layer.apply(params, x, state)
  if (layer.on !== undefined) return walk({ ...place, layer: layer.on(x.shape.slice(1)) }, x, see)
  const own = (layer as { readonly layers?: Named }).layers ?? {}
  const parts = layer.parts?.layers ?? {}
  const is = (...names: readonly string[]): boolean =>
    names.every((name) => own[name] !== undefined && own[name] !== parts[name])
  if (is('first', 'last')) {
    const before = walk({ ...place, layer: own['first']! }, x, see)
    return untyped(own['last']!).apply({}, before, {})
  }
  if (is('branch')) {
    walk({ ...place, layer: own['branch']! }, x, see)
    if (own['shortcut'] !== undefined) named('shortcut', own['shortcut'], x)
    return y
  }
  if (is('layer')) {
    const { layer: same, ...views } = own
    for (const [name, view] of Object.entries(views)) walk({ ...place, layer: same! }, named(name, view, x), see)
    return y
  }
  const { feeds } = layer as { readonly feeds?: Feeds }
  const names = Object.keys(parts)
  if (feeds !== undefined) {
    const outputs = new Map([['input', x]])
    let last = x
    for (const name of names) {
      const feed = feeds[name]
      const taken =
        feed === undefined
          ? last
          : typeof feed === 'string'
            ? outputs.get(feed)!
            : feed.join.apply(feed.of.map((from) => outputs.get(from)!))
      last = named(name, parts[name]!, taken)
      outputs.set(name, last)
    }
    return last
  }
  if (layer.parts?.inOrder === true) return names.reduce((input, name) => named(name, parts[name]!, input), x)
  const isSplit = layer.plan(x.shape.slice(1)).kind.startsWith('parallel split ')
  const views = isSplit ? tf.split(x, names.length, -1) : names.map(() => x)
  names.forEach((name, i) => named(name, parts[name]!, views[i]!))
  return y
}

/** One of every family, as small as it comes. */
const families: readonly (readonly [name: string, input: readonly number[]])[] = [
  ['lenet-bn', [28, 28, 1]],
  ['cifar-resnet8', [8, 8, 3]],
  ['cifar-resnet9', [32, 32, 3]],
  ['cifar-preactresnet20', [8, 8, 3]],
  ['cifar-densenet40-12', [8, 8, 3]],
  ['cifar-wrn16_4', [8, 8, 3]],
  ['cifar-resattnet56', [32, 32, 3]],
  ['d2l-resnet18', [32, 32, 1]],
  ['resnet18d', [32, 32, 3]],
  ['resnext50_32x4d', [32, 32, 3]],
  ['densenetblur121d', [32, 32, 3]],
  ['resnetv2_18', [32, 32, 3]],
  ['legacy_seresnet18', [32, 32, 3]],
  ['ecaresnet26t', [32, 32, 3]],
  ['skresnet18', [32, 32, 3]],
  ['res2net50_14w_8s', [32, 32, 3]],
  ['resnest14d', [64, 64, 3]],
  ['cbam_resnet50', [32, 32, 3]],
  ['bam_resnet50', [32, 32, 3]],
]

describeBackends(
  'the parts of a net',
  () => {
    it.each(families)(
      '%s: each gives what the walk through the net finds, by its path in the summary',
      (name, input) => {
        tf.tidy(() => {
          const net = createNet(name)
          const { params, state } = init(net, key(1), input)
          const x = tf.tensor(
            normal(
              key(2),
              input.reduce((a, b) => a * b, 1),
            ),
            [1, ...input],
          )
          const found = new Map<string, tf.Tensor>()
          const y = walk({ layer: net, params, state, path: '' }, x, (path, at) => {
            // A part that runs more than once shows what it gives first.
            if (!found.has(path)) found.set(path, at)
          })
          expect(bitsOf(y)).toEqual(bitsOf(net.apply(params, x, state)))
          const paths = summary(net, input).rows.map(({ path }) => path)
          expect([...found.keys()].toSorted()).toEqual(paths.toSorted())
          // All of a small net at once; a share of a large one.
          const some = paths.filter((_, i) => i % Math.ceil(paths.length / 120) === 0)
          const maps = features(net as Layer<unknown, unknown>, some)(params, x, state)
          for (const path of some) expect(bitsOf(maps[path]!), path).toEqual(bitsOf(found.get(path)!))
          // Some alone, which end the pass there.
          for (const path of paths.filter((_, i) => i % 61 === 7))
            expect(bitsOf(features(net as Layer<unknown, unknown>, [path])(params, x, state)[path]!), path).toEqual(
              bitsOf(found.get(path)!),
            )
        })
      },
    )

    it.each(families)('%s: any of them is frozen alone', (name, input) => {
      tf.tidy(() => {
        const net = createNet(name)
        const { params, state } = init(net, key(1), input)
        const x = tf.tensor(
          normal(
            key(2),
            input.reduce((a, b) => a * b, 1),
          ),
          [1, ...input],
        )
        const y = bitsOf(net.apply(params, x, state))
        const withVariables = summary(net, input).rows.filter((row) => row.params > 0)
        for (const { path } of withVariables.filter((_, i) => i % 19 === 3).slice(0, 4)) {
          const frozen = freeze({ net, params, state }, path)
          const isFrozen = (at: string): boolean => at.startsWith(`${path}.`)
          for (const [own, whole] of [
            [frozen.params, params],
            [frozen.state, state],
          ])
            expect(flatten(own).map((leaf) => leaf.path)).toEqual(
              flatten(whole)
                .map((leaf) => leaf.path)
                .filter((at) => !isFrozen(at)),
            )
          expect(flatten(frozen.params).length).toBeLessThan(flatten(params).length)
          expect(bitsOf(frozen.net.apply(frozen.params, x, frozen.state)), path).toEqual(y)
        }
      })
    })
  },
  ['wasm'],
)
