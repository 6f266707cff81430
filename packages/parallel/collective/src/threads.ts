import { either as E } from 'fp-ts'
import { type Call, callNumbers, difference, readCalls, writeCall } from './call.ts'
import type { Collective, Wire } from './collective.ts'
import { closed, type CollectiveError, noSuchRank } from './error.ts'
import { startQueue, type Steps } from './queue.ts'
import { shares, sumInOrder } from './sum.ts'
import { rounded } from './wire.ts'

/** The memory that the threads of a collective share, to be passed as `workerData` or in a message. */
export type ThreadsHandle = {
  readonly size: number
  /** How often each rank has met the others; `~` of it once the rank has ended. */
  readonly met: Int32Array
  /** What each rank calls for. Two places, in turns: a rank may call again while others still read its last call. */
  readonly calls: readonly [Float64Array, Float64Array]
  /** What each rank gives, a slot after the other. */
  readonly given: Float32Array
  /** The sum of what all have given. */
  readonly sum: Float32Array
}

/** Numbers that a rank gives at once: they stay in a cache, and memory is bounded. */
const slot = 2 ** 16

const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes)

/**
 * Makes the memory for a collective of threads: 256 KiB a rank, however long the arrays are.
 *
 * @param size how many ranks will join, a whole number from 1
 * @returns what goes to each thread
 * @throws RangeError if size is not a whole number from 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { either as E } from 'fp-ts'
 * import { joinThreads, openThreads } from '@resfn/collective/threads'
 *
 * const handle = openThreads(2)
 * // Each rank in a thread of its own, or as here side by side.
 * const [first, second] = [joinThreads(handle, 0), joinThreads(handle, 1)]
 * const sums = await Promise.all([first.allReduce(Float32Array.of(1, 2))(), second.allReduce(Float32Array.of(10, 20))()])
 * assert.deepEqual(sums, [E.right(Float32Array.of(11, 22)), E.right(Float32Array.of(11, 22))])
 * ```
 */
export const openThreads = (size: number): ThreadsHandle => {
  if (!Number.isInteger(size) || size < 1)
    throw new RangeError(`openThreads: the number of ranks must be a whole number from 1, not ${size}`)
  const calls = (): Float64Array => new Float64Array(shared(size * callNumbers * Float64Array.BYTES_PER_ELEMENT))
  return {
    size,
    met: new Int32Array(shared(size * Int32Array.BYTES_PER_ELEMENT)),
    calls: [calls(), calls()],
    given: new Float32Array(shared(size * slot * Float32Array.BYTES_PER_ELEMENT)),
    sum: new Float32Array(shared(slot * Float32Array.BYTES_PER_ELEMENT)),
  }
}

/**
 * Says that a rank has ended, so that nobody waits for it: the others get `RankLost`. Whoever starts the threads calls
 * it when one exits; a rank that closed its part has said so itself.
 *
 * @param handle what `openThreads` gave
 * @param rank the rank that has ended
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { endRank, joinThreads, openThreads } from '@resfn/collective/threads'
 *
 * const handle = openThreads(2)
 * endRank(handle, 1)
 * const sum = joinThreads(handle, 0).allReduceNow(Float32Array.of(1))
 * assert.ok(sum._tag === 'Left' && sum.left._tag === 'RankLost' && sum.left.rank === 1)
 * ```
 */
export const endRank = ({ met }: ThreadsHandle, rank: number): void => {
  for (let times = Atomics.load(met, rank); times >= 0;) {
    const found = Atomics.compareExchange(met, rank, times, ~times)
    if (found === times) Atomics.notify(met, rank)
    times = found === times ? ~times : found
  }
}

const lost = (rank: number): CollectiveError => ({
  _tag: 'RankLost',
  rank,
  message: `rank ${rank} ended while others waited for it: see what it said last`,
})

/** Numbers as bytes; both views are of one memory. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

/**
 * Joins a collective of threads: `y = ((x₀ + x₁) + x₂) + …`, in the order of the ranks. Each rank sums a part of every
 * slot, so the work is spread, and whoever reads the sum reads the same bits.
 *
 * @param handle what `openThreads` gave
 * @param rank this rank, from 0; each joins once
 * @returns the collective; the process stays alive while its calls are under way
 * @throws RangeError if there is no such rank
 * @see {@link openThreads} for an example
 */
export const joinThreads = (handle: ThreadsHandle, rank: number): Collective => {
  const { size, met, calls, given, sum } = handle
  if (!Number.isInteger(rank) || rank < 0 || rank >= size)
    throw new RangeError(`joinThreads: there is no rank ${rank} among ${size}`)
  const queue = startQueue(met)
  const slots = Array.from({ length: size }, (_, of) => given.subarray(of * slot, (of + 1) * slot))
  const slotBytes = slots.map(bytesOf)
  const mine = slots[rank]!
  const myBytes = slotBytes[rank]!
  const others = Array.from({ length: size }, (_, other) => other).filter((other) => other !== rank)
  let times = 0
  let turn: 0 | 1 = 0
  let open = true

  const meet = function* (): Steps<void> {
    times += 1
    Atomics.store(met, rank, times)
    Atomics.notify(met, rank)
    for (const other of others)
      for (;;) {
        const value = Atomics.load(met, other)
        if ((value < 0 ? ~value : value) >= times) break
        if (value < 0) throw lost(other)
        yield { index: other, value }
      }
  }

  /** The first meeting of a call, where the ranks compare what they call for. */
  const agree = function* (call: Call): Steps<readonly Call[]> {
    turn = turn === 0 ? 1 : 0
    calls[turn].set(writeCall(call), rank * callNumbers)
    yield* meet()
    const all = readCalls(calls[turn])
    const error = difference(all)
    if (error !== undefined) throw error
    return all
  }

  const addShare = (length: number): void => {
    const bounds = shares(length, size)
    const share = (of: Float32Array): Float32Array => of.subarray(bounds[rank], bounds[rank + 1])
    sumInOrder(slots.map(share), share(sum))
  }

  const reduce = (values: Float32Array, wire: Wire, total: Float32Array) =>
    function* (): Steps<Float32Array> {
      const { length } = values
      const sent = rounded(wire, values)
      for (let from = 0; from === 0 || from < length; from += slot) {
        const part = sent.subarray(from, from + slot)
        mine.set(part)
        yield* from === 0 ? agree({ operation: 'allReduce', length, wire }) : meet()
        addShare(part.length)
        yield* meet()
        total.set(sum.subarray(0, part.length), from)
      }
      if (wire !== 'float32') total.set(rounded(wire, total))
      return total
    }

  /** The bytes of all ranks. */
  const gather = (bytes: Uint8Array, call: Call) =>
    function* (): Steps<readonly Uint8Array[]> {
      myBytes.set(bytes.subarray(0, myBytes.length))
      const parts = (yield* agree(call)).map(({ length }) => new Uint8Array(length))
      const length = Math.max(...parts.map((part) => part.length))
      for (let from = 0; from < length; from += myBytes.length) {
        if (from > 0) {
          myBytes.set(bytes.subarray(from, from + myBytes.length))
          yield* meet()
        }
        parts.forEach((part, of) => {
          const rest = Math.max(0, part.length - from)
          if (rest > 0) part.set(slotBytes[of]!.subarray(0, rest), from)
        })
        yield* meet()
      }
      return parts
    }

  const later: typeof queue.later = (steps) => async () => (open ? queue.later(steps)() : E.left(closed(rank)))

  return {
    rank,
    size,
    allReduce: (values, { wire = 'float32', into } = {}) =>
      later(() => reduce(values, wire, into ?? new Float32Array(values.length))()),
    broadcast: (bytes, { root = 0 } = {}) => {
      if (!Number.isInteger(root) || root < 0 || root >= size) return async () => E.left(noSuchRank(root, size))
      const sent = rank === root ? bytes : new Uint8Array()
      const all = gather(sent, { operation: 'broadcast', length: sent.length, root })
      return later(function* () {
        return (yield* all())[root]!
      })
    },
    allGather: (bytes) => later(gather(bytes, { operation: 'allGather', length: bytes.length })),
    barrier: later(function* () {
      yield* agree({ operation: 'barrier', length: 0 })
    }),
    allReduceNow: (values) =>
      open ? queue.now(reduce(values, 'float32', new Float32Array(values.length))) : E.left(closed(rank)),
    close: async () => {
      if (!open) return
      open = false
      await queue.later(function* () {
        yield* []
        endRank(handle, rank)
      })()
    },
  }
}
