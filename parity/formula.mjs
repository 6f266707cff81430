// @ts-check
// The values of every tensor by a formula of its published key, so that a few logits are the whole fixture.
// reference/formula.py is the same in Python.

/** The finaliser of MurmurHash3. */
const mix = (/** @type {number} */ bits) => {
  const first = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35)
  return (second ^ (second >>> 16)) >>> 0
}

/** FNV-1a of the key's letters. */
const seedOf = (/** @type {string} */ key) => {
  let hash = 0x811c9dc5
  for (const letter of key) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193)
  return hash >>> 0
}

/**
 * Numbers in [-1, 1) by the finaliser of MurmurHash3 over a Weyl sequence.
 *
 * @param {string} key
 * @param {number} size
 */
export const noise = (key, size) => {
  const seed = seedOf(key)
  const values = new Float32Array(size)
  for (let i = 0; i < size; i++) values[i] = (mix((seed + Math.imul(i, 0x9e3779b9)) >>> 0) >>> 8) / 2 ** 23 - 1
  return values
}

/**
 * The values of a published tensor. Filters and matrices have the variance gain² / fan in; statistics and vectors lie
 * around what they are before training.
 *
 * @param {string} key
 * @param {{ readonly size: number, readonly fanIn: number, readonly gain: number }} of `fanIn` is 0 for vectors
 */
export const valuesOf = (key, { size, fanIn, gain }) => {
  const scale = fanIn > 0 ? gain * Math.sqrt(3 / fanIn) : /running_var|weight$/.test(key) ? 0.25 : 0.2
  const centre = fanIn > 0 ? 0 : /running_var|weight$/.test(key) ? 1 : 0
  return noise(key, size).map((value) => centre + scale * value)
}
