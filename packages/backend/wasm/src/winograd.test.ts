import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { values } from './fixtures/parity.ts'
import { useWasm } from './use-wasm.ts'

const run = (name: string, inputs: { readonly [name: string]: tf.Tensor }, attributes: object): tf.Tensor =>
  tf.engine().runKernel(name, { ...inputs }, { ...attributes } as never)

// Roughly normal numbers, their signs without a pattern.
const normal = (count: number, seed: number): Float32Array => {
  const parts = Array.from({ length: 6 }, (_, i) => values(count, seed * 7 + i))
  return Float32Array.from({ length: count }, (_, i) => parts.reduce((sum, part) => sum + part[i]!, 0) / Math.SQRT2)
}

type Case = { readonly batch: number; readonly side: number; readonly from: number; readonly to: number }

const window = { strides: 1, pad: 1, dataFormat: 'NHWC', dilations: 1 } as const

// Output channels that are compared.
const shown = 8

/** 3x3, stride 1, one pixel of padding, in float64: values, and the sums of the magnitudes of their products. */
const reference = (x: Float32Array, w: Float32Array, { batch, side, from, to }: Case) => {
  const y = new Float64Array(batch * side * side * shown)
  const magnitudes = new Float64Array(y.length)
  for (let pixel = 0; pixel < batch * side * side; pixel++)
    for (let tap = 0; tap < 9; tap++) {
      const [row, column] = [Math.floor(pixel / side) % side, pixel % side]
      const [sy, sx] = [row + Math.floor(tap / 3) - 1, column + (tap % 3) - 1]
      if (sy < 0 || sx < 0 || sy >= side || sx >= side) continue
      for (let i = 0; i < from; i++)
        for (let o = 0; o < shown; o++) {
          const product = x[(pixel + (sy - row) * side + sx - column) * from + i]! * w[(tap * from + i) * to + o]!
          y[pixel * shown + o]! += product
          magnitudes[pixel * shown + o]! += Math.abs(product)
        }
    }
  return { y, magnitudes }
}

// What the README promises: a direct sum's rounding, and where the range of an image is below 256 a share of its mean
// magnitude.
const boundsOf = (x: Float32Array, w: Float32Array, magnitudes: Float64Array, { side, from, to }: Case) => {
  const size = side * side * from
  const filters = Array.from({ length: shown }, (_, o) =>
    Array.from({ length: 9 * from }, (__, i) => Math.abs(w[i * to + o]!)).reduce((a, b) => a + b),
  )
  const shares = Array.from({ length: x.length / size }, (_, n) => {
    const image = x.subarray(n * size, (n + 1) * size).map(Math.abs)
    const mean = image.reduce((a, b) => a + b) / size
    return image.reduce((a, b) => Math.max(a, b)) <= 256 * mean ? 2 ** -16 * mean : 0
  })
  return magnitudes.map(
    (own, i) => 9 * from * 2 ** -24 * own + shares[Math.floor(i / (side * side * shown))]! * filters[i % shown]!,
  )
}

for (const { threads, example } of [
  { threads: 1, example: { batch: 3, side: 16, from: 16, to: 16 } },
  { threads: 2, example: { batch: 3, side: 12, from: 32, to: 32 } },
  { threads: 2, example: { batch: 1, side: 8, from: 512, to: 256 } },
  { threads: 2, example: { batch: 1, side: 8, from: 512, to: 260 } },
])
  describe(`Winograd's method on ${JSON.stringify(example)}, ${threads} thread${threads === 1 ? '' : 's'}`, () => {
    let dispose = (): void => {}
    beforeAll(async () => {
      dispose = (await useWasm({ threads })).dispose
    })
    afterAll(() => dispose())

    const { batch, side, from, to } = example
    const size = side * side * from
    const w = normal(9 * from * to, 2)
    const shape = [batch, side, side, from]
    // The gradient by the input with this filter is the convolution with w: mirrored, from and to exchanged.
    const mirrored = Float32Array.from(w, (_, at) => {
      const [tap, o, i] = [Math.floor(at / (from * to)), Math.floor(at / from) % to, at % from]
      return w[((8 - tap) * from + i) * to + o]!
    })
    const ways: { readonly [name: string]: (x: tf.Tensor) => tf.Tensor } = {
      convolution: (x) => run('Conv2D', { x, filter: tf.tensor4d(w, [3, 3, from, to]) }, window),
      'input gradient': (dy) => {
        const filter = tf.tensor4d(mirrored, [3, 3, to, from])
        return run('Conv2DBackpropInput', { dy, filter }, { ...window, inputShape: [batch, side, side, to] })
      },
    }

    for (const [name, way] of Object.entries(ways))
      for (const outlier of [1, 30, 200, 1e3, 1e4, 1e6, 1e20])
        it(`${name}: keeps its bound where one value of an image is ${outlier} among normal ones`, () => {
          const x = normal(batch * size, 1)
          x[size / 2 + 3] = outlier
          const y = tf.tidy(() => way(tf.tensor(x, shape)).dataSync())
          const { y: expected, magnitudes } = reference(x, w, example)
          const bounds = boundsOf(x, w, magnitudes, example)
          let worst = 0
          for (const [at, value] of expected.entries()) {
            const found = y[Math.floor(at / shown) * to + (at % shown)]!
            worst = Math.max(worst, Math.abs(found - value) / bounds[at]!)
          }
          expect(worst).toBeLessThan(1)
        })

    it('keeps infinities and NaN to the outputs that they reach', () => {
      for (const value of [Infinity, -Infinity, Number.NaN]) {
        const x = normal(batch * size, 1)
        x[0] = value
        const y = tf.tidy(() => ways['convolution']!(tf.tensor(x, shape)).dataSync())
        const broken = [...y.keys()].filter((i) => !Number.isFinite(y[i]!)).map((i) => Math.floor(i / to))
        expect(new Set(broken)).toEqual(new Set([0, 1, side, side + 1]))
      }
    })

    it('filter gradient: an outlier in x changes nothing for the other input channels', () => {
      const gradient = (x: Float32Array, dy: Float32Array): Float32Array =>
        tf.tidy(() =>
          run(
            'Conv2DBackpropFilter',
            { x: tf.tensor(x, shape), dy: tf.tensor(dy, [batch, side, side, to]) },
            { ...window, filterShape: [3, 3, from, to] },
          ).dataSync<'float32'>(),
        )
      const [x, dy] = [normal(batch * size, 1), normal(batch * side * side * to, 3)]
      const before = gradient(x, dy)
      for (const outlier of [1e4, 1e8]) {
        x[size / 2] = outlier
        const after = gradient(x, dy)
        const changed = after.filter(
          (value, i) => Math.floor(i / to) % from !== 0 && Math.abs(value - before[i]!) > 1e-3,
        )
        expect(changed.length).toBe(0)
      }
    })
  })

for (const threads of [1, 2])
  describe(`a filter that is used again, ${threads} thread${threads === 1 ? '' : 's'}`, () => {
    let dispose = (): void => {}
    beforeAll(async () => {
      dispose = (await useWasm({ threads })).dispose
    })
    afterAll(() => dispose())

    // Few tiles and many (more than 128), whole pairs of panels and not; the tiles of the last do not fit into the
    // cache together.
    for (const { batch, side, from, to, groups } of [
      { batch: 1, side: 14, from: 64, to: 24, groups: 1 },
      { batch: 1, side: 13, from: 64, to: 48, groups: 2 },
      { batch: 2, side: 12, from: 48, to: 48, groups: 3 },
      { batch: 1, side: 14, from: 48, to: 12, groups: 1 },
      { batch: 1, side: 48, from: 16, to: 24, groups: 1 },
      { batch: 1, side: 8, from: 512, to: 260, groups: 1 },
      { batch: 1, side: 28, from: 192, to: 16, groups: 1 },
    ])
      it(`gives the same bits: [${batch},${side},${side},${from}] to ${to}, ${groups} groups`, () => {
        const shape: [number, number, number, number] = [batch, side, side, from]
        const x = tf.tensor4d(normal(batch * side * side * from, 1), shape)
        const w = normal((9 * from * to) / groups, 2)
        const filterShape: [number, number, number, number] = [3, 3, from / groups, to]
        const settings = { stride: 1, padding: 1, dilation: 1, groups }
        const convolved = (filter: tf.Tensor): Float32Array => {
          const [y] = run('GroupedConv2D', { x, filter }, settings) as unknown as [tf.Tensor]
          const found = y.dataSync<'float32'>()
          y.dispose()
          return found.slice()
        }
        const filter = tf.tensor4d(w, filterShape)
        const first = convolved(filter)
        const heap = tf.memory().numBytes
        for (let again = 0; again < 3; again++) expect(convolved(filter)).toEqual(first)
        expect(tf.memory().numBytes).toBe(heap)
        filter.dispose()
        // Another filter may get the place of the first.
        const other = tf.tensor4d(
          w.map((value) => -value),
          filterShape,
        )
        const negated = first.map((value) => -value)
        for (let again = 0; again < 3; again++) expect(convolved(other)).toEqual(negated)
        tf.dispose([x, other])
      })
  })
