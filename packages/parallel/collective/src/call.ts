import type { Wire } from './collective.ts'
import type { CollectiveError } from './error.ts'

/** What a rank calls for. Ranks compare it before any data travels. */
export type Call =
  | { readonly operation: 'allReduce'; readonly length: number; readonly wire: Wire }
  | { readonly operation: 'broadcast'; readonly length: number; readonly root: number }
  | { readonly operation: 'allGather'; readonly length: number }
  | { readonly operation: 'barrier'; readonly length: number }

/** How many numbers a call is written as. */
export const callNumbers = 3

const operations = ['allReduce', 'broadcast', 'allGather', 'barrier'] as const
const wires = ['float32', 'float16', 'bfloat16'] as const

/** A call as `callNumbers` numbers: its operation, its length, and its wire or root. */
export const writeCall = (call: Call): Float64Array =>
  Float64Array.of(
    operations.indexOf(call.operation),
    call.length,
    call.operation === 'allReduce' ? wires.indexOf(call.wire) : call.operation === 'broadcast' ? call.root : 0,
  )

/** The calls of all ranks, from the numbers of one after the other. */
export const readCalls = (numbers: Float64Array): readonly Call[] =>
  Array.from({ length: numbers.length / callNumbers }, (_, rank): Call => {
    const [operation = 0, length = 0, detail = 0] = numbers.subarray(rank * callNumbers)
    const name = operations[operation]!
    return name === 'allReduce'
      ? { operation: name, length, wire: wires[detail]! }
      : name === 'broadcast'
        ? { operation: name, length, root: detail }
        : { operation: name, length }
  })

/** All that the ranks must agree on. */
const words = (call: Call): string =>
  call.operation === 'allReduce'
    ? `allReduce of ${call.length} numbers as ${call.wire}`
    : call.operation === 'broadcast'
      ? `broadcast from rank ${call.root}`
      : call.operation

/** Why these calls do not fit together, or undefined. */
export const difference = (calls: readonly Call[]): CollectiveError | undefined => {
  const [first, ...others] = calls.map(words)
  const other = others.findIndex((text) => text !== first)
  return other === -1
    ? undefined
    : {
        _tag: 'RanksDiffer',
        message: `rank 0 called for ${first}, and rank ${other + 1} for ${others[other]}: every rank must make the same calls in the same order`,
      }
}
