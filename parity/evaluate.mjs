// @ts-check
// Logits of our nets with weights by formula, and how far they are from PyTorch's.
import { dispose } from '@resfn/tree'
import * as tf from '@tensorflow/tfjs-core'
import { noise } from './formula.mjs'
import { publish } from './published.mjs'

/**
 * @param {any} net
 * @param {{ readonly input: readonly number[], readonly keys: any, readonly gain: number, readonly sizes: readonly
 * number[] }} how
 */
export const evaluate = (net, { input, keys, gain, sizes }) => {
  const channels = input[2] ?? 1
  const published = publish(net, { input, keys, gain })
  const runs = sizes.map((size) => {
    const x = tf.tensor(noise('input', size * size * channels), [1, size, size, channels])
    const start = performance.now()
    const y = tf.tidy(() => net.apply(published.params, x, published.state))
    const logits = y.dataSync()
    const seconds = (performance.now() - start) / 1000
    dispose([x, y])
    return { size, logits: /** @type {Float32Array} */ (logits), seconds }
  })
  dispose([published.params, published.state])
  return { runs, keys: published.keys, lines: published.lines }
}

const top = (/** @type {ArrayLike<number>} */ logits) =>
  Array.from(logits, (value, label) => ({ value, label }))
    .sort((a, b) => b.value - a.value)
    .slice(0, 5)

/**
 * The largest difference relative to the largest logit, and whether the five largest are the same.
 *
 * @param {Float32Array} ours
 * @param {readonly number[]} theirs
 */
export const compare = (ours, theirs) => {
  const largest = Math.max(...theirs.map(Math.abs))
  const worst = Math.max(...theirs.map((value, i) => Math.abs(value - (ours[i] ?? NaN))))
  const names = (/** @type {ArrayLike<number>} */ logits) => top(logits).map(({ label }) => label)
  return { difference: worst / largest, sameTop5: names(ours).join() === names(theirs).join(), largest }
}
