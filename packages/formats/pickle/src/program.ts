import { either as E } from 'fp-ts'
import type { PickleError } from './error.ts'
import type { Language } from './language.ts'
import { readPickle } from './machine.ts'
import type { Value } from './value.ts'

/** The value of a pickle, or why it has none. */
export const program = (bytes: Uint8Array, language: Language): E.Either<PickleError, Value> => {
  try {
    return E.right(readPickle(bytes, language))
  } catch (error) {
    // The machine throws PickleError values; anything else is a fault of this package and must be seen.
    if (typeof error === 'object' && error !== null && '_tag' in error) return E.left(error as PickleError)
    throw error
  }
}
