import type { CollectiveError } from '@resfn/collective'
import type { either as E } from 'fp-ts'

/** The ranks could not work together; `_tag` and message are those of the collective. */
export class RanksError extends Error {
  readonly _tag: CollectiveError['_tag']
  constructor(cause: CollectiveError) {
    super(cause.message, { cause })
    this.name = 'RanksError'
    this._tag = cause._tag
  }
}

/** What a collective gave, or its error thrown: a training that runs inside layers and steps can only throw. */
export const valueOf = <A>(result: E.Either<CollectiveError, A>): A => {
  if (result._tag === 'Left') throw new RanksError(result.left)
  return result.right
}
