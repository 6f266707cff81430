// @ts-check
// A net with every tensor drawn by the formula of its published key.
import { createHash } from 'node:crypto'
import { keyOf } from '@resfn/archs'
import { torchvisionKeys } from '@resfn/archs/resnet/keys'
import { sizeOf } from '@resfn/layer'
import { fromPublished, publishedOf } from '@resfn/layout'
import { flatten, mapTo } from '@resfn/tree'
import * as tf from '@tensorflow/tfjs-core'
import { valuesOf } from './formula.mjs'

/**
 * @param {any} specs a tree of specs
 * @param {any} keys the map of the family
 * @param {number} gain
 */
const drawn = (specs, keys, gain) =>
  mapTo(specs, (/** @type {any} */ { shape }, /** @type {string} */ path) => {
    const published = publishedOf(path, shape, keys)
    const [, ...others] = published.shape
    const fanIn = others.length > 0 ? sizeOf(others) : 0
    const values = valuesOf(published.key, { size: sizeOf(shape), fanIn, gain })
    return tf.tensor(fromPublished(values, published), [...shape])
  })

/**
 * The keys of a plan with their sizes, and the digest of them.
 *
 * @param {{ readonly params: any, readonly state: any }} plan
 * @param {any} keys the map of the family
 */
export const keysAndSizes = ({ params, state }, keys) => {
  const lines = [...flatten(params), ...flatten(state)]
    .map(({ path, leaf }) => `${keyOf(path, keys)} ${sizeOf(/** @type {any} */ (leaf).shape)}`)
    .sort()
  return { lines, digest: createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16) }
}

/**
 * The parameters and the state by formula.
 *
 * @param {{ readonly plan: (input: readonly number[]) => any }} net
 * @param {{ readonly input: readonly number[], readonly keys: any, readonly gain: number }} how
 */
export const publish = (net, { input, keys, gain }) => {
  const plan = net.plan(input)
  const { lines, digest } = keysAndSizes(plan, keys)
  return { params: drawn(plan.params, keys, gain), state: drawn(plan.state, keys, gain), keys: digest, lines }
}

/** Nets whose residual sums would leave what float32 can compare have smaller branches. */
const gains = {
  'cifar-resnet1001': 0.25,
  'cifar-resnet1202': 0.25,
  'cifar-akamaster-resnet1202': 0.25,
  'cifar-preactresnet1001': 0.25,
  attention200: 0.25,
  attention236: 0.25,
  attention452: 0.25,
  'cifar-attention236': 0.25,
  'cifar-resattnet452': 0.25,
  resnest269e: 0.5,
}

/**
 * The gain of the formula for a net.
 *
 * @param {string} name
 */
export const gainOf = (name) => gains[name] ?? 1

/**
 * The map to the keys that the reference has.
 *
 * @param {any} entry a row of `nets`
 */
export const keysOf = (entry) => (entry.keys === undefined ? torchvisionKeys : Object.values(entry.keys)[0])

/**
 * The sizes at which a net is compared: the given ones for photographs, its own and the odd one above for small images.
 *
 * @param {any} entry a row of `nets`
 * @param {readonly number[]} sizes
 */
export const sizesOf = ({ input }, sizes) => (input[0] >= 64 ? sizes : [input[0], input[0] + 1])
