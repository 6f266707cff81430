import { type Call, callNumbers, difference, readCalls, writeCall } from '../call.ts'
import type { Wire } from '../collective.ts'
import { shares } from '../sum.ts'
import { codecs } from '../wire.ts'
import type { Buffer, Mpi } from './library.ts'
import { memoryOf, partOf, type Place } from './place.ts'

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
  /** Writes the sum of float32 numbers into `total`, which may be `values`. */
  readonly allReduce: (values: Place, wire: Wire, total: Place) => void
  readonly broadcast: (bytes: Uint8Array, root: number) => Uint8Array
  readonly allGather: (bytes: Uint8Array) => readonly Uint8Array[]
  readonly barrier: () => void
}

/**
 * Collectives whose sums do not depend on the library: numbers travel as bytes, and are added up in the order of the
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

  /**
   * `((x₀ + x₁) + x₂) + …` by the vectors of the library, into the memory of one of the parts. This rank's own part is
   * only read: since x₀ + x₁ = x₁ + x₀, rank 0 begins with the part of rank 1.
   */
  const sumOf = (own: Buffer, part: (of: number) => Float32Array): Float32Array => {
    const first = rank === 0 ? 1 : 0
    const sum = part(first)
    for (const of of ranks) if (of !== first) mpi.addTo(sum, of === rank ? own : part(of))
    return sum
  }

  /** The sum of a few numbers, which every rank gets from every other. */
  const sumOfAll = (values: Float32Array, wire: Wire): Float32Array => {
    const { write, read } = codecs[wire]
    const sent = write(values)
    const parts = forParts(sent.byteLength * size)
    mpi.allGather(sent, sent.byteLength, new Uint8Array(parts))
    const part = (of: number): Float32Array => read(parts, of * sent.byteLength, values.length)
    return sumOf(part(rank), part)
  }

  /** Writes the sum of many numbers into `total`: each rank sums its share, and gets the shares of the others. */
  const sumByShares = (values: Place, wire: Wire, total: Place): void => {
    const { bytes, write, read } = codecs[wire]
    const length = values.length / Float32Array.BYTES_PER_ELEMENT
    const places = Int32Array.from(shares(length, size), (place) => place * bytes)
    const counts = Int32Array.from(ranks, (of) => places[of + 1]! - places[of]!)
    const mine = counts[rank]!
    const parts = forParts(mine * size)
    const half = wire === 'float32' ? undefined : (write(new Float32Array(memoryOf(values))) as Uint16Array)
    mpi.allToAll(
      half ?? values.address,
      // What a rank has for itself need not travel.
      counts.map((count, of) => (of === rank ? 0 : count)),
      places,
      new Uint8Array(parts),
      counts.map((_, of) => (of === rank ? 0 : mine)),
      Int32Array.from(ranks, (of) => of * mine),
    )
    const own =
      half === undefined
        ? partOf(values, places[rank]!, mine).address
        : read(half.buffer, half.byteOffset + places[rank]!, mine / bytes)
    const sum = write(sumOf(own, (of) => read(parts, of * mine, mine / bytes)))
    mpi.allGatherV(sum, half ?? total.address, counts, places)
    if (half !== undefined) new Float32Array(memoryOf(total)).set(read(half.buffer, half.byteOffset, length))
  }

  return {
    allReduce: (values, wire, total) => {
      const length = values.length / Float32Array.BYTES_PER_ELEMENT
      agree({ operation: 'allReduce', length, wire })
      const { bytes, write, read } = codecs[wire]
      if (size === 1 || length * bytes * size <= few) {
        const numbers = new Float32Array(memoryOf(values))
        const sent = write(size === 1 ? numbers : sumOfAll(numbers, wire))
        new Float32Array(memoryOf(total)).set(read(sent.buffer, sent.byteOffset, length))
        return
      }
      for (let from = 0; from < values.length; from += most)
        sumByShares(partOf(values, from, most), wire, partOf(total, from, most))
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
        mpi.allGatherV(bytes.subarray(from, from + atOnce), all, counts, places)
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
