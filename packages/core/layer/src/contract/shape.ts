/** The shape of one sample, without the batch axis: `[height, width, channels]` or `[features]`. */
export type Shape = readonly number[]

/** `[28,28,1]`, as shapes are printed everywhere. */
export const formatShape = (shape: Shape): string => `[${shape.join(',')}]`

/** Two shapes are the same. */
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, i) => size === b[i])

/** The number of values of a shape: the product of its sizes. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)
