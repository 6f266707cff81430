import type { Measured, Place } from './measure.ts'

/** A loss that is no number counts as endless. */
const lossOf = ([, , loss]: Place): number => loss ?? Infinity

/** The loss of the net itself. */
export const centre = ({ places }: Measured): number => lossOf(places.find(([x, y]) => x === 0 && y === 0)!)

/** The mean loss at the four ends of the two lines, less that of the net itself. */
export const rise = (measured: Measured): number => {
  const radius = Math.max(...measured.places.map(([x]) => x))
  const ends = measured.places.filter(([x, y]) => Math.abs(x) + Math.abs(y) === radius && x * y === 0)
  return ends.reduce((sum, end) => sum + lossOf(end), 0) / ends.length - centre(measured)
}

/** The losses along the lines of a slice, those of one coordinate each. */
const linesOf = (places: readonly Place[]): readonly (readonly number[])[] =>
  [0, 1].flatMap((fixed) => {
    const lines = new Map<number, Place[]>()
    for (const place of places) lines.set(place[fixed]!, [...(lines.get(place[fixed]!) ?? []), place])
    return [...lines.values()].map((line) => line.toSorted((a, b) => a[1 - fixed]! - b[1 - fixed]!).map(lossOf))
  })

/**
 * The share of points where the loss lies above the mean of its two neighbours on a line,
 * `f(x - h) + f(x + h) < 2 f(x)`. A convex function has none.
 */
export const concave = ({ places }: Measured): number => {
  const bends = linesOf(places).flatMap((line) =>
    line.slice(1, -1).map((loss, i) => line[i]! + line[i + 2]! < 2 * loss),
  )
  return bends.filter(Boolean).length / bends.length
}
