import type { CurvePoint } from './picture.ts'

/** A point of a curve. */
export type Point = readonly [x: number, y: number]

/**
 * At most so many points of a curve: each the mean of its neighbours, at the middle of them. The first value is at 1.
 *
 * @param values such as the loss at each step
 * @param count of points, at most
 */
export const smooth = (values: readonly number[], count: number): readonly Point[] => {
  const size = Math.max(1, Math.ceil(values.length / count))
  return Array.from({ length: Math.ceil(values.length / size) }, (_, i): Point => {
    const part = values.slice(i * size, (i + 1) * size)
    return [i * size + (part.length + 1) / 2, part.reduce((sum, value) => sum + value, 0) / part.length]
  })
}

/** The points of a curve that was measured once. */
export const single = (points: readonly Point[]): readonly CurvePoint[] =>
  points.map(([x, y]) => ({ x, median: y, low: y, high: y }))
