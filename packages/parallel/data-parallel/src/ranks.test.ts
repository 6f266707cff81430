import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Engine, installedEngines } from '@resfn/test-utils/mpi'
import { beforeAll, describe, expect, it } from 'vitest'
import { difference, onMpi, onThreads, type Result, type Scenario } from './fixtures/ranks.ts'

/** 29 images end in a batch of 5, and 26 in one of 2, in which two of four ranks have no example. */
const uneven: readonly Scenario[] = [{ count: 29 }, { count: 26 }]
/** What one rank does, and then as many as are asked for. */
const [wasm, alone, brief]: readonly Scenario[] = [{ backend: 'wasm' }, { sync: false }, { epochs: 3 }]

// Worker threads cannot load sources, so these run on the build; starting them takes longer than what they do.
let one: readonly Result[] = []
beforeAll(async () => {
  const compiler = join(createRequire(import.meta.url).resolve('typescript/package.json'), '..', 'bin', 'tsc')
  const packages = join(import.meta.dirname, '..', '..', '..')
  const needed = [
    'parallel/data-parallel',
    'train/loop',
    'train/schedules',
    'ops/identity-add',
    'ops/pool',
    'backend/wasm',
  ]
  execFileSync(process.execPath, [compiler, '-b', ...needed.map((path) => join(packages, path))])
  one = (await onThreads(1, [...uneven, wasm!, alone!, brief!])).map(([result]) => result!)
}, 300_000)

/** Whether all ranks learn what one does, and are equal to each other to the last bit. */
const expectTheSame = (ranks: readonly Result[], as: Result): void => {
  for (const rank of ranks) {
    expect(difference(rank, as)).toBeLessThan(1e-5)
    expect(rank.predictions).toEqual(as.predictions)
    expect(Math.max(...rank.losses.map((loss, i) => Math.abs(loss - as.losses[i]!)))).toBeLessThan(1e-5)
    expect({ ...rank, rank: 0 }).toEqual(ranks[0])
  }
}

describe('ranks on threads with synchronised batch normalisation', () => {
  it('two of them learn what one does after 21 steps, on the kernels of cpu and wasm', async () => {
    const results = await onThreads(2, [...uneven, wasm!, { seedOf: 'own' }, brief!])
    expect(one[0]!.progress.step).toBe(21)
    for (const i of [0, 1, 2]) expectTheSame(results[i]!, one[i]!)
    // The run is that of rank 0, whatever the others drew.
    expect(results[3]!.map(({ learned }) => learned)).toEqual(results[0]!.map(({ learned }) => learned))
    // As many tensors after each step.
    for (const { tensors } of results[4]!) expect(new Set(tensors.slice(1)).size).toBe(1)
  })

  it('three of them do so, with the same bits from run to run, and go on where four were stopped', async () => {
    const stop = { stopRank: 1, stopStep: 7 }
    const [first, second, stopped] = await onThreads(4, [...uneven, stop])
    expectTheSame(first!, one[0]!)
    expectTheSame(second!, one[1]!)
    for (const { reason, progress } of stopped!) expect([reason, progress.step]).toEqual(['aborted', 8])

    const [again, smaller, early, other, goneOn] = await onThreads(3, [
      {},
      { exchange: { bucket: 0.0001 } },
      { exchange: { bucket: 0.0001, overlap: true } },
      { count: 26 },
      { from: stopped![0]! },
    ])
    expectTheSame(again!, one[0]!)
    expectTheSame(other!, one[1]!)
    expect(smaller).toEqual(again)
    expect(early).toEqual(again)
    for (const rank of goneOn!) {
      expect(difference(rank, one[0]!)).toBeLessThan(1e-5)
      expect(rank.progress.history.length).toBe(7)
    }
  })

  it('send equally many parts of a batch through the net, also where one has fewer examples', async () => {
    const parts = await onThreads(4, [{ microBatch: 2 }, { microBatch: 1, count: 26 }])
    for (const ranks of parts) expect(new Set(ranks.map(({ learned }) => JSON.stringify(learned))).size).toBe(1)
  })
})

describe.each(installedEngines())('ranks on %s with synchronised batch normalisation', (engine: Engine) => {
  it.each(engine === 'openmpi' ? [1, 2, 3, 4] : [2])('%i of them learn what one does', async (size) => {
    const overlap: Scenario = { exchange: { bucket: 0.0001, overlap: true } }
    const results = await onMpi(engine, size, [...uneven, overlap, { ...overlap, backend: 'wasm' }])
    for (const i of [0, 1]) expectTheSame(results[i]!, one[i]!)
    expectTheSame(results[3]!, one[2]!)
    // Wherever gradients are when others are computed, their sums are the same.
    expect(results[2]).toEqual(results[0])
  })
})

describe('ranks on threads with batch normalisation of their own', () => {
  it('stay equal, running statistics included, and learn something else than one does', async () => {
    const [[first, second], [again]] = (await onThreads(2, [alone!, alone!])) as readonly [Result[], Result[]]
    expect(second!.learned).toEqual(first!.learned)
    expect(again!.learned).toEqual(first!.learned)
    expect(difference(first!, one[3]!)).toBeGreaterThan(1e-4)
    // On one rank, synchronised or not is the same.
    expect(difference(one[0]!, one[3]!)).toBeLessThan(1e-5)
  })

  it('learn nearly the same with half as many bytes on the wire', async () => {
    const wires = await onThreads(2, [
      { ...brief, exchange: { wire: 'float16' } },
      { ...brief, exchange: { wire: 'bfloat16' } },
    ])
    for (const [i, most] of [0.01, 0.05].entries()) {
      const [first, second] = wires[i]!
      expect(second!.learned).toEqual(first!.learned)
      expect(difference(first!, one[4]!)).toBeGreaterThan(1e-5)
      expect(difference(first!, one[4]!)).toBeLessThan(most)
    }
  })
})
