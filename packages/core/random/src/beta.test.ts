import { expect, it } from 'vitest'
import { beta, key } from './index.ts'

it.each([
  [1, 1],
  [0.2, 0.2],
  [0.8, 0.8],
  [2, 5],
  [30, 10],
])('beta(%d, %d) has its mean and variance', (a, b) => {
  const draws = beta(key(1), 4000, { a, b })
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length
  const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length
  expect(draws.every((x) => x >= 0 && x <= 1)).toBe(true)
  expect(Math.abs(mean - a / (a + b))).toBeLessThan(0.025)
  const expected = (a * b) / ((a + b) ** 2 * (a + b + 1))
  expect(Math.abs(variance / expected - 1)).toBeLessThan(0.1)
})

it('beta gives the first of more draws, and numbers for the smallest shapes', () => {
  expect(beta(key(2), 3, { a: 0.5, b: 2 })).toEqual(beta(key(2), 9, { a: 0.5, b: 2 }).subarray(0, 3))
  expect(beta(key(2), 100, { a: 1e-3, b: 1e-3 }).every((x) => x >= 0 && x <= 1)).toBe(true)
  expect(() => beta(key(0), 1, { a: 0, b: 1 })).toThrow('must be above 0')
})
