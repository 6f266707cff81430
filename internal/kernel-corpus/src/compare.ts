/** An output as it was read back. */
export type Read = { readonly shape: readonly number[]; readonly values: ArrayLike<number> }

const kindOf = (value: number): string => (Number.isFinite(value) ? 'finite' : String(value))

/** The largest finite magnitude of some outputs. */
export const largestOf = (outputs: readonly Read[]): number => {
  let largest = 0
  for (const { values } of outputs)
    for (let i = 0; i < values.length; i++)
      if (Number.isFinite(values[i])) largest = Math.max(largest, Math.abs(values[i]!))
  return largest
}

/**
 * The largest difference relative to the largest finite expected magnitude, or the reason why there is none: another
 * shape, or NaN or an infinity where the other has something else.
 *
 * @param floor the least magnitude that counts; below it values may be nothing but rounding, as the gradient of a bias
 * before a normalisation is
 */
export const differenceOf = (actual: Read, expected: Read, floor: number): number | string => {
  if (String(actual.shape) !== String(expected.shape))
    return `has the shape [${actual.shape}] and not [${expected.shape}]`
  const scale = Math.max(floor, 1e-6, largestOf([expected]))
  let worst = 0
  for (let i = 0; i < expected.values.length; i++) {
    const [found, wanted] = [actual.values[i]!, expected.values[i]!]
    if (kindOf(found) !== kindOf(wanted)) return `is ${found} and not ${wanted} at ${i}`
    if (Number.isFinite(wanted)) worst = Math.max(worst, Math.abs(found - wanted))
  }
  return worst / scale
}
