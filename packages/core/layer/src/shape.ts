/** The shape of one sample, without the batch axis: `[height, width, channels]` or `[features]`. */
export type Shape = readonly number[]

/** `[28,28,1]`, as shapes are printed everywhere. */
export const formatShape = (shape: Shape): string => `[${shape.join(',')}]`

/** Two shapes are the same. */
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, i) => size === b[i])

/** A layer cannot take its input's shape. `path` leads from the net to the layer. */
export class ShapeError extends Error {
  readonly _tag = 'ShapeError'
  readonly path: string
  readonly reason: string
  constructor(path: string, reason: string) {
    super(path === '' ? reason : `${path}: ${reason}`)
    this.name = 'ShapeError'
    this.path = path
    this.reason = reason
  }
}

/**
 * `f()`, with `name` put before the path of any ShapeError that it throws. Combinators plan their parts inside it.
 *
 * @param name the name of the part
 * @param f plans the part
 * @throws ShapeError with the longer path
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { ShapeError, within } from '@resfn/layer'
 *
 * assert.throws(
 *   () => within('layer1', () => { throw new ShapeError('conv', 'expects [height,width,channels]') }),
 *   /layer1\.conv: expects/,
 * )
 * ```
 */
export const within = <T>(name: string, f: () => T): T => {
  try {
    return f()
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    throw new ShapeError(error.path === '' ? name : `${name}.${error.path}`, error.reason)
  }
}
