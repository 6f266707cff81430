// @ts-check
// A net with every tensor drawn by the formula of its published key.
import { createHash } from 'node:crypto'
import { keyOf } from '@resfn/archs'
import { torchvisionKeys } from '@resfn/archs/resnet/keys'
import { flatten, mapTo } from '@resfn/tree'
import * as tf from '@tensorflow/tfjs-core'
import { valuesOf } from './formula.mjs'

const sizeOf = (/** @type {readonly number[]} */ shape) => shape.reduce((product, extent) => product * extent, 1)

/** PyTorch's order of axes, as axes of ours: the output channels first, then the input channels, then the others. */
const axesOfTorch = (/** @type {number} */ rank) => [
  rank - 1,
  ...(rank > 1 ? [rank - 2] : []),
  ...Array.from({ length: Math.max(rank - 2, 0) }, (_, axis) => axis),
]

/**
 * A tensor as PyTorch has it.
 *
 * @param {tf.Tensor} x
 */
export const inOrderOfTorch = (x) => (x.rank < 2 ? x : tf.transpose(x, axesOfTorch(x.rank)))

/**
 * @param {any} specs a tree of specs
 * @param {any} keys the map of the family
 * @param {number} gain
 */
const drawn = (specs, keys, gain) =>
  mapTo(specs, (/** @type {any} */ { shape }, /** @type {string} */ path) => {
    const fanIn = shape.length > 1 ? sizeOf(shape.slice(0, -1)) : 0
    const values = valuesOf(keyOf(path, keys), { size: sizeOf(shape), fanIn, gain })
    const axes = axesOfTorch(shape.length)
    return tf.tidy(() => {
      const theirs = tf.tensor(
        values,
        axes.map((axis) => shape[axis]),
      )
      return shape.length < 2 ? theirs : tf.transpose(theirs, invert(axes))
    })
  })

const invert = (/** @type {readonly number[]} */ axes) => axes.map((_, axis) => axes.indexOf(axis))

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

/**
 * The gain of the formula for a net: so many residual blocks that their sum would leave float32 have small branches.
 *
 * @param {string} name
 */
export const gainOf = (name) => (/1001|1202|attention2|452/.test(name) ? 0.25 : /resnest269/.test(name) ? 0.5 : 1)

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
