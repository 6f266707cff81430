import type { Tensor } from '@tensorflow/tfjs-core'
import { expect } from 'vitest'

type Values = Tensor | ArrayLike<number> | number

const valuesOf = (values: Values): ArrayLike<number> =>
  typeof values === 'number' ? [values] : 'dataSync' in values ? values.dataSync() : values

const first = (values: ArrayLike<number>): string =>
  Array.from({ length: Math.min(8, values.length) }, (_, i) => values[i]).join(', ')

/**
 * max |a - b| / max(|b|, floor): the largest difference relative to the largest expected magnitude; infinite if a value
 * is not finite.
 */
export const relativeError = (actual: Values, expected: Values): number => {
  const [a, b] = [valuesOf(actual), valuesOf(expected)]
  if (a.length !== b.length) return Infinity
  let scale = 1e-6
  let worst = 0
  for (let i = 0; i < a.length; i++) {
    if (!Number.isFinite(a[i])) return Infinity
    scale = Math.max(scale, Math.abs(b[i]!))
    worst = Math.max(worst, Math.abs(a[i]! - b[i]!))
  }
  return worst / scale
}

/** Expects every value within `tolerance` of the expected one, relative to the largest expected magnitude. */
export const expectClose = (actual: Values, expected: Values, tolerance = 1e-5): void => {
  const [a, b] = [valuesOf(actual), valuesOf(expected)]
  expect(a.length, 'number of values').toBe(b.length)
  expect(relativeError(a, b), `relative error; first values ${first(a)} against ${first(b)}`).toBeLessThanOrEqual(
    tolerance,
  )
}

/** The bits of the values of a float32 tensor, to compare without any tolerance: 0 and -0 differ, NaN is itself. */
export const bitsOf = (tensor: Tensor): Int32Array => new Int32Array((tensor.dataSync() as Float32Array).slice().buffer)
