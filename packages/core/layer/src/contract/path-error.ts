/**
 * Something is wrong with a part of a net. `path` leads from the net to the part, `reason` says what is wrong and how
 * to fix it.
 */
export class PathError extends Error {
  readonly _tag: string = 'PathError'
  readonly path: string
  readonly reason: string
  constructor(path: string, reason: string) {
    super(path === '' ? reason : `${path}: ${reason}`)
    this.name = new.target.name
    this.path = path
    this.reason = reason
  }
}

/** A layer cannot take an input of this shape. */
export class ShapeError extends PathError {
  override readonly _tag = 'ShapeError'
}

/** A layer was given parameters or state that are not its own: missing, misspelt, of another shape, or disposed. */
export class VariablesError extends PathError {
  override readonly _tag = 'VariablesError'
}

/**
 * `f()`, with `name` put before the path of any `PathError` that it throws. Combinators call their parts inside it.
 *
 * @param name the name of the part
 * @param f plans or runs the part
 * @param hint more words for the reason, if there are any
 * @throws PathError with the longer path, of the same class
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
export const within = <T>(name: string, f: () => T, hint: () => string = () => ''): T => {
  try {
    return f()
  } catch (error) {
    if (!(error instanceof PathError)) throw error
    const { path, reason } = error
    throw new (error.constructor as new (path: string, reason: string) => PathError)(
      path === '' ? name : `${name}.${path}`,
      reason + hint(),
    )
  }
}
