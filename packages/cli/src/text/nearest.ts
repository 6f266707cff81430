import { usageError } from '../error.ts'

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

/** The names that one could have meant: at most a third of the letters differ, or one begins with the other; nearest first. */
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
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 4)
    .map(({ known }) => known)
}

/** `resnet20`, `resnet20 or resnet32`, `resnet20, resnet32 or resnet44`. */
export const alternatives = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`

/** `there is no net "resnet21"; did you mean resnet20 or resnet32? (see resfn nets)`. */
export const unknownName = (
  kind: string,
  name: string,
  names: readonly string[],
  where: string,
  near: readonly string[] = nearest(name, names),
): string =>
  near.length === 0
    ? `there is no ${kind} "${name}"; ${where}`
    : `there is no ${kind} "${name}"; did you mean ${alternatives(near)}? (${where})`

/** Throws a `CliError` with the names nearest to it unless a name is known. */
export const checkName = (kind: string, name: string, names: readonly string[], where: string): void => {
  if (!names.includes(name)) throw usageError(unknownName(kind, name, names, where))
}
