/** Throws unless the value is a whole number from `low`. */
export const wholeFrom = (low: number, where: string, name: string, value: number): void => {
  if (!Number.isSafeInteger(value) || value < low)
    throw new RangeError(`${where}: ${name} must be a whole number from ${low}, not ${value}`)
}

/** Throws unless the value is a number from 0. */
export const rateFrom0 = (where: string, name: string, value: number): void => {
  if (!(value >= 0 && Number.isFinite(value)))
    throw new RangeError(`${where}: ${name} must be a number from 0, not ${value}`)
}
