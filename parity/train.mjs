// @ts-check
// Three steps of SGD on weights by formula, and how far they are from PyTorch's in float64.
import { valueAndGradient } from '@resfn/autodiff'
import { nets } from '@resfn/archs'
import { absorb, sizeOf } from '@resfn/layer'
import { publishedOf, toPublished } from '@resfn/layout'
import { crossEntropy } from '@resfn/losses'
import { key } from '@resfn/random'
import { flatten, mapTo, zip } from '@resfn/tree'
import * as tf from '@tensorflow/tfjs-core'
import { noise } from './formula.mjs'
import { minis } from './minis.mjs'
import { keysOf, publish } from './published.mjs'

/** A small member of each family, whose gradients and statistics are compared over steps of training. */
export const trained = {
  'cifar-resnet8': { ...nets['cifar-resnet8'], input: [16, 16, 3] },
  ...minis,
}

const usualBatch = 4
const classes = 10
const learningRate = 0.05
const steps = 3

/**
 * Of each tensor its product with noise, which sees every value and its place, and its norm.
 *
 * @param {any} tree
 * @param {any} keys
 * @returns {Record<string, [number, number]>}
 */
const digest = (tree, keys) =>
  Object.fromEntries(
    flatten(tree).map(({ path, leaf }) => {
      const published = publishedOf(path, leaf.shape, keys)
      const name = published.key
      const values = toPublished(/** @type {Float32Array} */ (leaf.dataSync()), published)
      const probe = noise(`${name} probe`, values.length)
      let [product, squares] = [0, 0]
      for (let i = 0; i < values.length; i++) {
        product += values[i] * probe[i]
        squares += values[i] * values[i]
      }
      return [name, [product, Math.sqrt(squares)]]
    }),
  )

/** What PyTorch is asked to do with the net of a name. */
export const requestOf = (/** @type {string} */ name) => {
  const { input, batch = usualBatch } = trained[name]
  const [size, , channels] = input
  return { task: 'train', name, classes, channels, size, batch, gain: 1 }
}

/** What training the net of a name makes of it. */
export const train = (/** @type {string} */ name) => {
  const entry = trained[name]
  const { batch = usualBatch } = entry
  const net = entry.make({ classes })
  const keys = keysOf(entry)
  return tf.tidy(() => {
    const first = publish(net, { input: entry.input, keys, gain: 1 })
    const shape = [batch, ...entry.input]
    const x = tf.tensor(noise('input', sizeOf(shape)), shape)
    const labels = tf.tensor1d(
      Array.from({ length: batch }, (_, i) => (3 * i + 1) % classes),
      'int32',
    )
    const losses = []
    let { params, state } = first
    // Summed on their own: a parameter near 1 would round a small change away.
    let changes = mapTo(params, (leaf) => tf.zerosLike(/** @type {any} */ (leaf)))
    let gradientsOfFirst = {}
    for (let step = 0; step < steps; step++) {
      const learned = tf.tidy(() => {
        const { loss, gradients, aux } = valueAndGradient((/** @type {any} */ p) => {
          const { y, seen } = net.train(p, x, key(0))
          return { loss: crossEntropy()(y, labels), aux: seen }
        })(params)
        if (step === 0) gradientsOfFirst = digest(gradients, keys)
        losses.push(loss.dataSync()[0])
        const moved = zip([changes, gradients], ([c, g]) => tf.sub(c, tf.mul(g, learningRate)))
        return {
          changes: moved,
          params: zip([first.params, moved], ([p, c]) => tf.add(p, c)),
          state: absorb(0.9)(state, aux),
        }
      })
      ;({ changes, params, state } = learned)
    }
    return { losses, gradients: gradientsOfFirst, changes: digest(changes, keys), statistics: digest(state, keys) }
  })
}

/**
 * The largest difference of digests relative to the tensor's norm, or to a thousandth of the largest norm where a
 * tensor is next to nothing, or to the largest norm where it is zero but for rounding; and whose it is.
 *
 * @param {Record<string, [number, number]>} ours
 * @param {Record<string, [number, number]>} theirs
 */
export const worst = (ours, theirs) => {
  const largest = Math.max(...Object.values(theirs).map(([, norm]) => norm))
  // What is nothing but rounding in float64, such as the gradient of a bias before a normalisation, is that here too.
  const scaleOf = (/** @type {number} */ norm) => (norm < 1e-9 * largest ? largest : Math.max(norm, 1e-3 * largest))
  return Object.entries(theirs)
    .map(([name, [product, norm]]) => {
      const [p, n] = ours[name] ?? [NaN, NaN]
      const error = Math.max(Math.abs(p - product), Math.abs(n - norm)) / scaleOf(norm)
      // Nothing compares with NaN, so it would hide behind any number.
      return { name, error: Number.isNaN(error) ? Infinity : error }
    })
    .reduce((a, b) => (a.error >= b.error ? a : b), { name: 'none', error: 0 })
}
