/** A whole number of at least `low`, from a flag. */
export const wholeFrom =
  (low: number): ((text: string) => number) =>
  (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < low)
      throw new Error(`give a whole number from ${low}`)
    return value
  }

/** A number above zero, from a flag. */
export const positive = (text: string): number => {
  const value = Number(text)
  if (!(value > 0) || !Number.isFinite(value)) throw new Error('give a number above 0')
  return value
}

/** A number from zero on, from a flag. */
export const from0 = (text: string): number => {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0) || !Number.isFinite(value)) throw new Error('give a number from 0')
  return value
}

/** A number from zero and below one, from a flag. */
export const below1 = (text: string): number => {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value < 1)) throw new Error('give a number from 0 and below 1')
  return value
}

/** A number from zero to one, from a flag. */
export const share = (text: string): number => {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new Error('give a number from 0 to 1')
  return value
}
