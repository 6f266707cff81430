import { expect, test } from 'vitest'
import type { Measured } from './measure.ts'
import { centre, concave, rise } from './shape.ts'

const steps = [-1, -0.5, 0, 0.5, 1]

/** A slice through a function. */
const slice = (loss: (x: number, y: number) => number): Measured => ({
  trainError: 0,
  testError: 0,
  places: steps.flatMap((y) => steps.map((x) => [x, y, loss(x, y)] as const)),
})

test('a bowl is convex, and rises from the centre to the ends of the lines', () => {
  const bowl = slice((x, y) => 1 + x * x + 3 * y * y)
  expect([centre(bowl), rise(bowl), concave(bowl)]).toEqual([1, 2, 0])
})

test('a hill is concave everywhere, a saddle in one of two directions', () => {
  expect(concave(slice((x, y) => -x * x - y * y))).toBe(1)
  expect(concave(slice((x, y) => x * x - y * y))).toBe(0.5)
})

test('a slice of two lines has no other lines', () => {
  const { places, ...rest } = slice((x, y) => x * x - y * y)
  const lines = { ...rest, places: places.filter(([x, y]) => x === 0 || y === 0) }
  expect(concave(lines)).toBe(0.5)
})

test('what is no number is endless', () => {
  const { places, ...rest } = slice((x, y) => x * x + y * y)
  expect(rise({ ...rest, places: places.map(([x, y, loss]) => [x, y, x === 1 ? null : loss]) })).toBe(Infinity)
})
