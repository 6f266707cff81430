import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { either as E } from 'fp-ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { build } from './fixtures/launch.ts'
import { numbers } from './fixtures/numbers.mjs'
import type { Collective, CollectiveError } from './index.ts'
import { endRank, joinThreads, openThreads, type ThreadsHandle } from './threads.ts'

const joined = (size: number): readonly Collective[] => {
  const handle = openThreads(size)
  return Array.from({ length: size }, (_, rank) => joinThreads(handle, rank))
}

/** The sum in the order of the ranks, each addition rounded to float32. */
const sumInOrder = (arrays: readonly Float32Array[]): Float32Array =>
  arrays.slice(1).reduce((sum, values) => sum.map((value, i) => value + values[i]!), arrays[0]!.slice())

/** What a call gives on every rank, where none fails. */
const onAll = async <A>(
  ranks: readonly Collective[],
  call: (collective: Collective) => Promise<E.Either<CollectiveError, A>>,
): Promise<readonly A[]> =>
  (await Promise.all(ranks.map(call))).map((result) => {
    if (E.isLeft(result)) throw new Error(result.left.message)
    return result.right
  })

describe('joinThreads, side by side', () => {
  it('sums in the order of the ranks, the same bits on every rank, whatever the length', async () => {
    const lengths = fc.oneof(fc.constantFrom(0, 1, 65_535, 65_536, 65_537, 131_072), fc.nat(200_000))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), lengths, fc.nat(), async (size, length, seed) => {
        const given = Array.from({ length: size }, (_, rank) => numbers(seed + rank, length))
        const sums = await onAll(joined(size), ({ rank, allReduce }) => allReduce(given[rank]!)())
        for (const sum of sums)
          expect(Buffer.compare(Buffer.from(sum.buffer), Buffer.from(sumInOrder(given).buffer))).toBe(0)
      }),
      { numRuns: 40 },
    )
  })

  it('gathers and broadcasts bytes of different lengths', async () => {
    const bytes = fc.uint8Array({ maxLength: 20 })
    const long = fc.integer({ min: 262_140, max: 600_000 }).map((length) => new Uint8Array(length).fill(length % 251))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(bytes, bytes, long), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        async (given, pick) => {
          const root = pick % given.length
          const ranks = joined(given.length)
          for (const parts of await onAll(ranks, ({ rank, allGather }) => allGather(given[rank]!)()))
            expect(parts.map((part, of) => Buffer.from(part).equals(given[of]!))).toEqual(given.map(() => true))
          for (const part of await onAll(ranks, ({ rank, broadcast }) => broadcast(given[rank]!, { root })()))
            expect(Buffer.from(part).equals(given[root]!)).toBe(true)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('does calls in the order in which they were made, though none was waited for', async () => {
    const operations = fc.array(fc.constantFrom('sum', 'gather', 'broadcast', 'barrier'), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(operations, async (names) => {
        const results = await onAll(joined(3), async (collective) => {
          const calls = names.map((name, i) => {
            const mine = collective.rank * 100 + i
            if (name === 'sum') return collective.allReduce(Float32Array.of(mine))()
            if (name === 'gather') return collective.allGather(Uint8Array.of(mine))()
            if (name === 'broadcast') return collective.broadcast(Uint8Array.of(mine), { root: i % 3 })()
            return collective.barrier()
          })
          return E.right(await Promise.all(calls))
        })
        const expected = names.map((name, i) =>
          E.right(
            name === 'sum'
              ? Float32Array.of(300 + 3 * i)
              : name === 'gather'
                ? [i, 100 + i, 200 + i].map((byte) => Uint8Array.of(byte))
                : name === 'broadcast'
                  ? Uint8Array.of((i % 3) * 100 + i)
                  : undefined,
          ),
        )
        expect(results).toEqual([expected, expected, expected])
      }),
      { numRuns: 30 },
    )
  })

  it.each([
    ['float16', 2 ** -11, 2 ** -25],
    ['bfloat16', 2 ** -8, 2 ** -134],
  ] as const)('rounds what is given and the sum to %s, and adds in float32', async (wire, relative, absolute) => {
    const given = [0, 1, 2].map((rank) => numbers(rank, 5000))
    const [first, ...others] = await onAll(joined(3), ({ rank, allReduce }) => allReduce(given[rank]!, { wire })())
    for (const other of others) expect(other).toEqual(first)
    const exact = sumInOrder(given)
    first!.forEach((value, i) => {
      const size = given.reduce((sum, values) => sum + Math.abs(values[i]!), 0)
      expect(Math.abs(value - exact[i]!)).toBeLessThanOrEqual(
        relative * 1.001 * (size + Math.abs(exact[i]!)) + 4 * absolute,
      )
    })
    // What the wire can hold goes over it as it is.
    const whole = await onAll(joined(2), ({ allReduce }) => allReduce(Float32Array.of(0, -0.5, 3, 64), { wire })())
    expect(whole).toEqual([Float32Array.of(0, -1, 6, 128), Float32Array.of(0, -1, 6, 128)])
  })

  it.each(['float32', 'float16'] as const)(
    'writes the sum as %s over what it sums, where it is told to',
    async (wire) => {
      const given = [0, 1, 2].map((rank) => numbers(rank, 70_000))
      const expected = await onAll(joined(3), ({ rank, allReduce }) => allReduce(given[rank]!, { wire })())
      const own = given.map((values) => values.slice())
      const found = await onAll(joined(3), ({ rank, allReduce }) => allReduce(own[rank]!, { wire, into: own[rank]! })())
      found.forEach((sum, rank) => {
        expect(sum).toBe(own[rank])
        expect(sum).toEqual(expected[rank])
      })
    },
  )

  it('changes nothing that it was given', async () => {
    const values = numbers(1, 100)
    const [sum] = await onAll(joined(2), ({ allReduce }) => allReduce(values)())
    expect(values).toEqual(numbers(1, 100))
    expect(sum!.buffer).not.toBe(values.buffer)
  })

  it('says on every rank how their calls differ, and goes on', async () => {
    const ranks = joined(3)
    const wrong = await Promise.all([
      ranks[0]!.allReduce(new Float32Array(3))(),
      ranks[1]!.allReduce(new Float32Array(4))(),
      ranks[2]!.allReduce(new Float32Array(3))(),
    ])
    const message =
      'rank 0 called for allReduce of 3 numbers as float32, and rank 1 for allReduce of 4 numbers as float32: every rank must make the same calls in the same order'
    expect(wrong).toEqual([1, 2, 3].map(() => E.left({ _tag: 'RanksDiffer', message })))
    const roots = await Promise.all(
      ranks.map(({ rank, broadcast }) => broadcast(new Uint8Array(2), { root: rank % 2 })()),
    )
    expect(roots[2]).toMatchObject({
      left: { message: expect.stringContaining('rank 1 for broadcast from rank 1') as string },
    })
    const names = await Promise.all([ranks[0]!.barrier(), ranks[1]!.barrier(), ranks[2]!.allGather(new Uint8Array())()])
    expect(names[0]).toMatchObject({ left: { message: expect.stringContaining('and rank 2 for allGather') as string } })
    expect(await onAll(ranks, ({ allReduce }) => allReduce(Float32Array.of(1))())).toEqual(
      [1, 2, 3].map(() => Float32Array.of(3)),
    )
  })

  it('ends what others wait for when a rank ends or closes', async () => {
    const handle = openThreads(3)
    const ranks = [0, 1, 2].map((rank) => joinThreads(handle, rank))
    const waiting = [ranks[0]!.allReduce(new Float32Array(9))(), ranks[2]!.allReduce(new Float32Array(9))()]
    endRank(handle, 1)
    endRank(handle, 1)
    const lost = {
      left: { _tag: 'RankLost', rank: 1, message: 'rank 1 ended while others waited for it: see what it said last' },
    }
    for (const result of await Promise.all(waiting)) expect(result).toMatchObject(lost)
    expect(await ranks[0]!.barrier()).toMatchObject(lost)
    expect(ranks[2]!.allReduceNow(new Float32Array(1))).toMatchObject(lost)

    const two = joined(2)
    const both = two.map(({ allReduce }) => allReduce(Float32Array.of(2))())
    await Promise.all([two[1]!.close(), two[1]!.close()])
    // It closed after its last call, which all have.
    expect(await Promise.all(both)).toEqual([E.right(Float32Array.of(4)), E.right(Float32Array.of(4))])
    expect(await two[0]!.barrier()).toMatchObject({ left: { _tag: 'RankLost', rank: 1 } })
    expect(await two[1]!.barrier()).toMatchObject({
      left: { _tag: 'Closed', message: 'rank 1 has closed its part of the collective; close it after the last call' },
    })
    expect(two[1]!.allReduceNow(new Float32Array(1))).toMatchObject({ left: { _tag: 'Closed' } })
  })

  it('refuses ranks and sizes that are none', async () => {
    expect(() => openThreads(0)).toThrow('the number of ranks must be a whole number from 1, not 0')
    expect(() => joinThreads(openThreads(2), 2)).toThrow('there is no rank 2 among 2')
    expect(await joinThreads(openThreads(1), 0).broadcast(new Uint8Array(), { root: -1 })()).toMatchObject({
      left: { _tag: 'RanksDiffer', message: 'there is no rank -1 among 1: choose a root from 0 to 0' },
    })
  })
})

// A worker cannot load sources, so these run on the build.
describe('joinThreads, in worker threads', () => {
  const root = join(import.meta.dirname, '..')
  beforeAll(build)

  /** Runs a program on every rank; gives what each sent, and ends the ranks that exit. */
  const run = (handle: ThreadsHandle, program: string): Promise<readonly unknown[]> =>
    Promise.all(
      Array.from({ length: handle.size }, (_, rank) => {
        const worker = new Worker(
          `const { workerData, parentPort } = require('node:worker_threads')
          const sleep = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
          import(workerData.module).then(async ({ joinThreads }) => {
            const collective = joinThreads(workerData.handle, workerData.rank)
            const { rank } = collective
            ${program}
          })`,
          { eval: true, execArgv: [], workerData: { module: join(root, 'dist', 'threads.js'), handle, rank } },
        )
        return new Promise((resolve) => {
          const sent: unknown[] = []
          worker.on('message', (message) => sent.push(message))
          worker.on('exit', () => {
            endRank(handle, rank)
            resolve(sent)
          })
        })
      }),
    )

  it('mixes blocking calls with others that have not ended', async () => {
    const results = await run(
      openThreads(3),
      `const values = Float32Array.from({ length: 100_000 }, (_, i) => i + rank)
      for (let i = 0; i < 20; i++) {
        const before = collective.allReduce(values)()
        const now = collective.allReduceNow(Float32Array.of(rank, i))
        const after = collective.allGather(new Uint8Array(rank))()
        if (i % 3 === rank) sleep(2)
        const [first, last] = await Promise.all([before, after])
        parentPort.postMessage([first.right[0], first.right[99_999], ...now.right, ...last.right.map((bytes) => bytes.length)])
      }
      await collective.close()`,
    )
    for (const sent of results)
      expect(sent).toEqual(Array.from({ length: 20 }, (_, i) => [3, 300_000, 3, 3 * i, 0, 1, 2]))
  })

  it('ends the waits of all others when a thread dies', async () => {
    const [first, second, third] = await run(
      openThreads(3),
      `await collective.barrier()
      if (rank === 1) process.exit(1)
      const result = rank === 0 ? collective.allReduceNow(new Float32Array(5)) : await collective.allReduce(new Float32Array(5))()
      parentPort.postMessage([result.left._tag, result.left.rank])`,
    )
    expect([first, second, third]).toEqual([[['RankLost', 1]], [], [['RankLost', 1]]])
  })
})
