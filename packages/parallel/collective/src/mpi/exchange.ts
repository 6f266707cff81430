import { type Call, callNumbers, difference, readCalls, writeCall } from '../call.ts'
import type { Wire } from '../collective.ts'
import { shares, sumInOrder } from '../sum.ts'
import { codecs } from '../wire.ts'
import type { Mpi } from './library.ts'

/** Bytes that are exchanged at once: counts stay far below 2³¹, and memory is bounded. */
const most = 2 ** 26

/** Up to so many bytes from all ranks, it is faster to gather everything than to wait twice. */
const few = 2 ** 16

/** Memory that grows to the largest need and is kept: fresh memory costs as much as a copy. */
const scratch = (): ((bytes: number) => ArrayBuffer) => {
  let kept = new ArrayBuffer(0)
  return (bytes) => {
    if (kept.byteLength < bytes) kept = new ArrayBuffer(bytes)
    return kept
  }
}

/** What the ranks do together, as calls of MPI that block. */
export type Exchange = {
  /** Writes the sum into `total`, which may be `values`. */
  readonly allReduce: (values: Float32Array, wire: Wire, total: Float32Array) => void
  readonly broadcast: (bytes: Uint8Array, root: number) => Uint8Array
  readonly allGather: (bytes: Uint8Array) => readonly Uint8Array[]
  readonly barrier: () => void
}

/**
 * Collectives whose sums do not depend on the library: numbers travel as bytes, and are summed here in the order of the
 * ranks. Each rank sums one share, so a number travels twice, as in a ring. Failures are thrown as `CollectiveError`.
 *
 * @see Rabenseifner, Optimization of Collective Reduction Operations, ICCS 2004: reduce-scatter, then all-gather
 */
export const exchangeOver = (mpi: Mpi): Exchange => {
  const { rank, size } = mpi
  const forParts = scratch()
  const ranks = Array.from({ length: size }, (_, of) => of)

  /** The calls of all ranks, which must fit together. */
  const agree = (call: Call): readonly Call[] => {
    const calls = new Float64Array(size * callNumbers)
    const mine = writeCall(call)
    mpi.allGather(mine, mine.byteLength, calls)
    const all = readCalls(calls)
    const error = difference(all)
    if (error !== undefined) throw error
    return all
  }

  /** The sum of a few numbers, which every rank gets from every other. */
  const sumOfAll = (values: Float32Array, wire: Wire): Float32Array => {
    const { write, read } = codecs[wire]
    const sent = write(values)
    const parts = forParts(sent.byteLength * size)
    mpi.allGather(sent, sent.byteLength, new Uint8Array(parts))
    const sum = new Float32Array(values.length)
    sumInOrder(
      ranks.map((of) => read(parts, of * sent.byteLength, values.length)),
      sum,
    )
    return sum
  }

  /** Writes the sum of many numbers into `total`: each rank sums its share, and gets the shares of the others. */
  const sumByShares = (values: Float32Array, wire: Wire, total: Float32Array): void => {
    const { bytes, write, read } = codecs[wire]
    const sent = write(values)
    const places = Int32Array.from(shares(values.length, size), (place) => place * bytes)
    const counts = Int32Array.from(ranks, (of) => places[of + 1]! - places[of]!)
    const mine = counts[rank]!
    const length = mine / bytes
    const parts = forParts(mine * size)
    // What a rank has for itself need not travel.
    const given = counts.map((count, of) => (of === rank ? 0 : count))
    const taken = counts.map((_, of) => (of === rank ? 0 : mine))
    mpi.allToAll(
      sent,
      given,
      places,
      new Uint8Array(parts),
      taken,
      Int32Array.from(ranks, (of) => of * mine),
    )
    const from = places[rank]! / bytes
    const sum = total.subarray(from, from + length)
    const own = new Uint8Array(sent.buffer, sent.byteOffset + places[rank]!, mine)
    // The first two are read before the sum is written, which may be where they are.
    if (rank > 1) new Uint8Array(parts, rank * mine).set(own)
    sumInOrder(
      ranks.map((of) =>
        of === rank && rank <= 1 ? read(own.buffer, own.byteOffset, length) : read(parts, of * mine, length),
      ),
      sum,
    )
    const all = wire === 'float32' ? total : new Uint16Array(values.length)
    if (all !== total) all.set(write(sum), from)
    mpi.allGatherInPlace(all, counts, places)
    if (all !== total) total.set(read(all.buffer, all.byteOffset, all.length))
  }

  return {
    allReduce: (values, wire, total) => {
      const { length } = values
      agree({ operation: 'allReduce', length, wire })
      const { bytes, write, read } = codecs[wire]
      if (length * bytes * size <= few) {
        const sent = write(sumOfAll(values, wire))
        total.set(read(sent.buffer, sent.byteOffset, length))
        return
      }
      const atOnce = Math.floor(most / bytes)
      for (let from = 0; from < length; from += atOnce)
        sumByShares(values.subarray(from, from + atOnce), wire, total.subarray(from, from + atOnce))
    },
    broadcast: (bytes, root) => {
      const mine = rank === root ? bytes.slice() : new Uint8Array()
      const { length } = agree({ operation: 'broadcast', length: mine.length, root })[root]!
      const all = rank === root ? mine : new Uint8Array(length)
      for (let from = 0; from < length; from += most) {
        const part = all.subarray(from, from + most)
        mpi.broadcast(part, part.length, root)
      }
      return all
    },
    allGather: (bytes) => {
      const lengths = agree({ operation: 'allGather', length: bytes.length }).map(({ length }) => length)
      const parts = lengths.map((length) => new Uint8Array(length))
      parts[rank]!.set(bytes)
      const atOnce = Math.floor(most / size)
      const longest = Math.max(...lengths)
      for (let from = 0; from < longest; from += atOnce) {
        const counts = Int32Array.from(lengths, (length) => Math.min(atOnce, Math.max(0, length - from)))
        const places = Int32Array.from(ranks, (of) => of * atOnce)
        const all = new Uint8Array(forParts(most))
        all.set(bytes.subarray(from, from + atOnce), places[rank])
        mpi.allGatherInPlace(all, counts, places)
        parts.forEach((part, of) => {
          const count = counts[of]!
          if (count > 0) part.set(all.subarray(places[of]!, places[of]! + count), from)
        })
      }
      return parts
    },
    barrier: () => {
      agree({ operation: 'barrier', length: 0 })
    },
  }
}
