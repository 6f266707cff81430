import { Inflate } from 'fflate'
import { either as E } from 'fp-ts'

/** What is inflated at once: a small part becomes at most 1032 times as much. */
const step = 4096

/** Thrown to end the work of fflate where all that is wanted is there. */
const enough = Symbol('enough')

/**
 * The bytes from `start` up to `end` of what deflate made `size` bytes long; no more is held than those and one step.
 *
 * @returns `damaged` where the stream is no deflate or ends before, `longer` where it goes on after `size`
 */
export const inflated = (
  deflated: Uint8Array,
  { start, end, size }: { readonly start: number; readonly end: number; readonly size: number },
): E.Either<'damaged' | 'longer', Uint8Array> => {
  const result = new Uint8Array(end - start)
  let seen = 0
  const stream = new Inflate((chunk) => {
    const from = Math.max(start, seen)
    const to = Math.min(end, seen + chunk.length)
    if (to > from) result.set(chunk.subarray(from - seen, to - seen), from - start)
    seen += chunk.length
    // The whole file is read to its end, to see that there is one.
    if (seen > size || (end < size && seen >= end)) throw enough
  })
  try {
    for (let at = 0; at < deflated.length; at += step)
      stream.push(deflated.subarray(at, at + step), at + step >= deflated.length)
  } catch (error) {
    if (error !== enough) return E.left('damaged')
  }
  if (seen > size) return E.left('longer')
  return seen < end || (end === size && seen !== size) ? E.left('damaged') : E.right(result)
}
