/** The texels of a texture: in a row, rows, and how many of them hold values. */
export type Place = { readonly wide: number; readonly high: number; readonly count: number }

/** The number of pairs, the last of which may be half a pair. */
export const pairs = (size: number): number => Math.ceil(size / 2)

/** How tfjs packs a shape: texels along its last axis, along the one before, and how often. */
export const cells = (
  shape: readonly number[],
): { readonly batch: number; readonly down: number; readonly across: number } => ({
  batch: shape.slice(0, -2).reduce((product, extent) => product * extent, 1),
  down: pairs(shape.at(-2) ?? 1),
  across: pairs(shape.at(-1) ?? 1),
})

/** From this on a product with a rounded reciprocal may miss the next integer. */
const exact = 2 ** 22

/**
 * An expression of `value / by`, rounded down, for whole numbers of at least 0 and below `limit`. Integers are divided
 * one by one where floats are not, on the CPU and on some GPUs.
 */
export const quotient = (value: string, by: number, limit: number): string => {
  if (by === 1) return value
  if (Number.isInteger(Math.log2(by))) return `(${value} >> ${Math.log2(by)})`
  return limit < exact ? `int((float(${value}) + 0.5) * ${1 / by})` : `(${value} / ${by})`
}

/** Reads the texel `i` of a texture. */
export const placeIn = (name: string, { wide, high, count }: Place): string =>
  high === 1
    ? `return texelFetch(${name}, ivec2(i, 0), 0);`
    : `int row = ${quotient('i', wide, count)}; return texelFetch(${name}, ivec2(i - row * ${wide}, row), 0);`

/**
 * Declares the indices of a texel, from the last axis to the first: `i` is split by the sizes, and the first name takes
 * the rest.
 */
export const split = (
  axes: readonly (readonly [name: string, size: number])[],
  first: string,
  count: number,
): string => {
  const lines = axes.map(([name, size], at) => {
    const from = at === 0 ? 'i' : `rest${at}`
    return `int rest${at + 1} = ${quotient(from, size, count)}; int ${name} = ${from} - rest${at + 1} * ${size};`
  })
  return `${lines.join('\n  ')}\n  int ${first} = rest${axes.length};`
}
