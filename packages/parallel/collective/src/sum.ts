/**
 * `sum = ((x₀ + x₁) + x₂) + …`: the order of the additions is that of the ranks, so that the bits are the same
 * everywhere.
 */
export const sumInOrder = ([first, second, ...others]: readonly Float32Array[], sum: Float32Array): void => {
  if (second === undefined) sum.set(first!)
  else for (let i = 0; i < sum.length; i++) sum[i] = first![i]! + second[i]!
  for (const part of others) for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!
}

/** Where the part of each of `size` ranks begins in `length` numbers, and the end: `size + 1` positions. */
export const shares = (length: number, size: number): readonly number[] =>
  Array.from({ length: size + 1 }, (_, rank) => Math.floor((length * rank) / size))
