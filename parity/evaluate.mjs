// @ts-check
// Logits of our nets with weights by formula, and how far they are from PyTorch's.
import { readFileSync } from 'node:fs'
import { nets } from '@resfn/archs'
import { sizeOf } from '@resfn/layer'
import * as tf from '@tensorflow/tfjs-core'
import { noise } from './formula.mjs'
import { gainOf, keysOf, publish } from './published.mjs'

/**
 * @param {any} net
 * @param {{ readonly input: readonly number[], readonly keys: any, readonly gain: number, readonly sizes: readonly
 * number[] }} how
 */
export const evaluate = (net, { input, keys, gain, sizes }) =>
  // A net that does not fit into the memory leaves nothing behind for the next one.
  tf.tidy(() => {
    const channels = input[2] ?? 1
    const published = publish(net, { input, keys, gain })
    const runs = sizes.map((size) => {
      const shape = [1, size, size, channels]
      const x = tf.tensor(noise('input', sizeOf(shape)), shape)
      const start = performance.now()
      const logits = tf.tidy(() => net.apply(published.params, x, published.state)).dataSync()
      return {
        size,
        logits: /** @type {Float32Array} */ (logits),
        seconds: (performance.now() - start) / 1000,
      }
    })
    return { runs, keys: published.keys, lines: published.lines }
  })

/** The logits of PyTorch for 10 classes, and its keys. */
export const fixtureOf = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'))

/**
 * How far the net of a name is from its fixture at each size, and which keys it has.
 *
 * @param {string} name one of `nets`
 */
export const besideFixture = (name) => {
  const fixture = fixtureOf(name)
  const entry = nets[name]
  const { runs, keys, lines } = evaluate(entry.make({ classes: 10 }), {
    input: entry.input,
    keys: keysOf(entry),
    gain: gainOf(name),
    sizes: Object.keys(fixture.logits).map(Number),
  })
  const sizes = runs.map(({ size, logits }) => ({ size, ...compare(logits, fixture.logits[size]) }))
  return { fixture, keys: [lines.length, keys], sizes }
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
