/** Whether the head of a net tells the same classes apart: by their names, or by their number where it has none. */
export const sameClasses = (own: readonly string[], wanted: readonly string[]): boolean =>
  own.length === wanted.length && own.every((name, label) => name === wanted[label] || name === `class ${label}`)
