import type { Tensor } from '@tensorflow/tfjs-core'
import type { Collective, CollectiveError, Wire } from '@resfn/collective'
import type { Found, Replicas } from '@resfn/step'
import type { Entry } from '@resfn/tree'
import type { either as E } from 'fp-ts'
import { entriesOf, numbersOf, pack, sizeOf, treeOf, unpacked } from './layout.ts'
import { valueOf } from './ranks-error.ts'

/** Gradients that travel together, and their sum, which lies where they lay. */
type Bucket = {
  readonly entries: readonly Entry<Tensor>[]
  readonly sum: Promise<E.Either<CollectiveError, Float32Array>>
}

type Leaves = readonly (readonly [path: string, leaf: Tensor])[]

/** Arrays that are used again: each page of a fresh one is a fault, which costs more than what is written there. */
const spareArrays = () => {
  const spare = new Map<number, Float32Array[]>()
  return {
    take: (length: number): Float32Array => spare.get(length)?.pop() ?? new Float32Array(length),
    /** Takes an array back, unless the backend made no copies of it and the tensors read it. */
    putBack: (values: Float32Array, leaves: Leaves): void => {
      const [smallest] = leaves.map(([, leaf]) => leaf).toSorted((a, b) => a.size - b.size)
      if (smallest === undefined || smallest.dataSync<'float32'>().buffer === values.buffer) return
      spare.set(values.length, [...(spare.get(values.length) ?? []), values])
    },
  }
}

/** How gradients travel: `most` numbers at once, and with `overlap` while others are still computed. */
export type Travel = { readonly wire: Wire; readonly most: number; readonly overlap: boolean }

/** The exchange of replicas over the ranks of a collective, in buckets. */
export const bucketExchange = ({ allReduce }: Collective, { wire, most, overlap }: Travel): Replicas['exchange'] => {
  const arrays = spareArrays()
  return (weight) => {
    const buckets: Bucket[] = []
    let waiting: readonly Entry<Tensor>[] = []

    const send = (entries: readonly Entry<Tensor>[], numbers: readonly Float32Array[]): void => {
      const values = arrays.take(sizeOf(entries))
      pack(numbers, weight, values)
      buckets.push({ entries, sum: allReduce(values, { wire, into: values })() })
    }
    /** Lets a leaf wait for more; gives those that waited where it has no place beside them. */
    const wait = (entry: Entry<Tensor>): readonly Entry<Tensor>[] => {
      const before = waiting
      const fits = before.length === 0 || sizeOf(before) + entry.leaf.size <= most
      waiting = fits ? [...before, entry] : [entry]
      return fits ? [] : before
    }
    const arrived = async (): Promise<ReadonlyMap<string, Tensor>> => {
      const sums = (await Promise.all(buckets.map(({ sum }) => sum))).map(valueOf)
      return new Map(
        sums.flatMap((values, i) => {
          const leaves = unpacked(buckets[i]!.entries, values)
          arrays.putBack(values, leaves)
          return leaves
        }),
      )
    }

    return {
      give: (path, leaf) => {
        if (!overlap) return
        const full = wait({ path, leaf })
        if (full.length > 0)
          send(
            full,
            full.map((entry) => entry.leaf.dataSync<'float32'>()),
          )
      },
      end: async <P, S>({ gradients, seen, sums }: Found<P, S>): Promise<Found<P, S>> => {
        const given = new Set([...buckets.flatMap(({ entries }) => entries), ...waiting].map(({ path }) => path))
        for (const entry of entriesOf(gradients)) {
          const full = given.has(entry.path) ? [] : wait(entry)
          if (full.length > 0) send(full, await numbersOf(full))
        }
        if (waiting.length > 0) send(waiting, await numbersOf(waiting))
        const statistics = entriesOf(seen)
        const last = arrays.take(sizeOf(statistics) + sums.length)
        pack(await numbersOf(statistics), weight, last)
        last.set(sums, last.length - sums.length)
        valueOf(await allReduce(last, { into: last })())
        const leaves = unpacked(statistics, last)
        const shared = {
          gradients: treeOf(gradients, await arrived()),
          seen: treeOf(seen, new Map(leaves)),
          sums: [...last.subarray(last.length - sums.length)],
        }
        arrays.putBack(last, leaves)
        return shared
      },
    }
  }
}
