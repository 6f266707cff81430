import { either as E } from 'fp-ts'
import type { Collective } from './collective.ts'
import { closed, type CollectiveError, noSuchRank } from './error.ts'

/**
 * The collective of one rank: `y = x`, as copies. It needs no engine, and runs in browsers too.
 *
 * @see {@link Collective}
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { either as E } from 'fp-ts'
 * import { single } from '@resfn/collective'
 *
 * const collective = single()
 * assert.deepEqual(await collective.allReduce(Float32Array.of(1, 2))(), E.right(Float32Array.of(1, 2)))
 * await collective.close()
 * assert.equal((await collective.barrier())._tag, 'Left')
 * ```
 */
export const single = (): Collective => {
  let open = true
  const whenOpen = <A>(value: () => A): E.Either<CollectiveError, A> => (open ? E.right(value()) : E.left(closed(0)))
  const allReduceNow = (values: Float32Array): E.Either<CollectiveError, Float32Array> => whenOpen(() => values.slice())
  return {
    rank: 0,
    size: 1,
    allReduce:
      (values, { into = new Float32Array(values.length) } = {}) =>
      async () =>
        whenOpen(() => {
          into.set(values)
          return into
        }),
    broadcast:
      (bytes, { root = 0 } = {}) =>
      async () =>
        root === 0 ? whenOpen(() => bytes.slice()) : E.left(noSuchRank(root, 1)),
    allGather: (bytes) => async () => whenOpen(() => [bytes.slice()]),
    barrier: async () => whenOpen(() => undefined),
    allReduceNow,
    close: async () => {
      open = false
    },
  }
}
