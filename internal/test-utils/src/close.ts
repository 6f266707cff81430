import type { Tensor } from '@tensorflow/tfjs-core'
import { expect } from 'vitest'

type Values = Tensor | ArrayLike<number> | number

const valuesOf = (values: Values): readonly number[] =>
  typeof values === 'number' ? [values] : 'dataSync' in values ? [...values.dataSync()] : Array.from(values)

/** max |a - b| / max(|b|, floor): the largest difference relative to the largest expected magnitude. */
export const relativeError = (actual: Values, expected: Values): number => {
  const [a, b] = [valuesOf(actual), valuesOf(expected)]
  if (a.length !== b.length) return Infinity
  const scale = b.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6)
  return a.reduce((most, value, i) => Math.max(most, Number.isFinite(value) ? Math.abs(value - b[i]!) / scale : Infinity), 0)
}

/** Expects every value within `tolerance` of the expected one, relative to the largest expected magnitude. */
export const expectClose = (actual: Values, expected: Values, tolerance = 1e-5): void => {
  const [a, b] = [valuesOf(actual), valuesOf(expected)]
  expect(a.length, 'number of values').toBe(b.length)
  const error = relativeError(a, b)
  expect(error, `relative error; first values ${a.slice(0, 8).join(', ')} against ${b.slice(0, 8).join(', ')}`).toBeLessThanOrEqual(tolerance)
}
