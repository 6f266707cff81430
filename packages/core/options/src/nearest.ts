/**
 * The least number of letters to insert, delete, replace or swap with their neighbour to get from a to b.
 *
 * @see Damerau, "A technique for computer detection and correction of spelling errors" (1964)
 */
export const editDistance = (a: string, b: string): number => {
  const row = (i: number): number[] => Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0))
  const table = Array.from({ length: a.length + 1 }, (_, i) => row(i))
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const simple = Math.min(table[i - 1]![j]! + 1, table[i]![j - 1]! + 1, table[i - 1]![j - 1]! + same)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      table[i]![j] = isSwap ? Math.min(simple, table[i - 2]![j - 2]! + 1) : simple
    }
  }
  return table[a.length]![b.length]!
}

/**
 * The known names that somebody may have meant, at most four: those that begin with the given one, then those that
 * differ in at most a third of the letters, the nearest first. Capitals do not count.
 *
 * @param name what was given
 * @param names the known names
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { nearest } from '@resfn/options'
 *
 * assert.deepEqual(nearest('outt', ['out', 'size', 'stride']), ['out'])
 * assert.deepEqual(nearest('xyz', ['out', 'size', 'stride']), [])
 * ```
 */
export const nearest = (name: string, names: readonly string[]): readonly string[] => {
  const given = name.toLowerCase()
  return names
    .map((known) => ({
      known,
      distance: editDistance(given, known.toLowerCase()),
      begins: given !== '' && known.toLowerCase().startsWith(given),
    }))
    .filter(
      ({ known, distance, begins }) =>
        begins || distance <= Math.max(1, Math.round(Math.max(given.length, known.length) / 3)),
    )
    .sort((a, b) => Number(b.begins) - Number(a.begins) || a.distance - b.distance)
    .slice(0, 4)
    .map(({ known }) => known)
}
