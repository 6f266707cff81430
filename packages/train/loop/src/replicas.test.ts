import * as tf from '@tensorflow/tfjs-core'
import { batches, batchesInOrder, type ImageSet, type Shard } from '@resfn/batches'
import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import { groupNorm } from '@resfn/group-norm'
import { sequential } from '@resfn/layer'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { globalAvgPool } from '@resfn/pool'
import { key, uniform } from '@resfn/random'
import { constantRate } from '@resfn/schedules'
import { type Replicas, startRun } from '@resfn/step'
import { describeBackends } from '@resfn/test-utils'
import { valuesOf } from '@resfn/test-utils/tiny'
import { dispose, map, zip } from '@resfn/tree'
import { expect, it } from 'vitest'
import { train, type Training } from './index.ts'

type Trees = { readonly gradients: unknown; readonly seen: unknown }

/** Replicas that take turns in this process: each call waits until all have made it. */
const inThisProcess = (size: number): readonly Replicas[] => {
  let waiting: { readonly values: unknown[]; readonly wake: (() => void)[] } = { values: [], wake: [] }
  const meet = <A>(rank: number, value: A): Promise<readonly A[]> => {
    const { values, wake } = waiting
    values[rank] = value
    return new Promise((resolve) => {
      wake.push(() => resolve(values as A[]))
      if (wake.length < size) return
      waiting = { values: [], wake: [] }
      wake.forEach((each) => each())
    })
  }
  const added = (all: readonly (readonly number[])[]): readonly number[] =>
    all[0]!.map((_, i) => all.reduce((sum, values) => sum + values[i]!, 0))
  return Array.from({ length: size }, (_, rank) => ({
    rank,
    size,
    exchange: (weight) => ({
      give: () => undefined,
      end: async (found) => {
        const all = await meet(rank, { ...found, weight })
        const trees = all.map(({ gradients, seen, weight: own }) =>
          map({ gradients, seen }, (leaf: tf.Tensor) => tf.mul(leaf, own)),
        )
        const sums = zip(trees as unknown as readonly [Trees, ...Trees[]], (leaves: readonly tf.Tensor[]) =>
          tf.addN([...leaves]),
        ) as (typeof trees)[number]
        dispose(trees)
        // Nobody frees what others still read.
        await meet(rank, undefined)
        return { ...sums, sums: added(all.map((one) => one.sums)) }
      },
    }),
    weighing: (_, work) => work(),
    sum: async (values) => added(await meet(rank, values)),
    gather: (bytes) => meet(rank, bytes),
  }))
}

const count = 21
const set: ImageSet = {
  images: Uint8Array.from(uniform(key(1), count * 16, { low: 0, high: 256 })),
  labels: Uint8Array.from({ length: count }, (_, i) => i % 3),
  shape: [4, 4, 1],
  classes: ['a', 'b', 'c'],
}
const net = sequential({
  conv: conv2d({ out: 4, size: 3 }),
  norm: groupNorm({ groups: 2 }),
  pool: globalAvgPool,
  fc: dense({ out: 3 }),
})
const optimiser = sgd({ momentum: 0.9 })
const start = () => startRun(net, { optimiser, key: key(3), input: [4, 4, 1] })
type Params = ReturnType<typeof start>['params']
type State = ReturnType<typeof start>['state']

const training = (shard?: Shard, more: Partial<Training<Params, State>> = {}): Training<Params, State> => ({
  net,
  loss: crossEntropy(),
  optimiser,
  schedule: constantRate(0.1),
  batches: (from) => batches(set, { size: 8, key: key(2), start: from, ...(shard && { shard }) }),
  evaluation: () => batchesInOrder(set, { size: 4, ...(shard && { shard }) }),
  epochs: 2,
  ...more,
})
const timed = new Set(['seconds', 'examplesPerSecond', 'run'])

/** The events of a training without times, and what it learned. */
const trained = async (of: Training<Params, State>, run = start()) => {
  const events: Readonly<Record<string, unknown>>[] = []
  for await (const event of train(of, run)) {
    events.push(Object.fromEntries(Object.entries(event).filter(([name]) => !timed.has(name))))
    if (event.type === 'done') {
      const { params, optimiser: memory, cursor } = event.run
      const learned = valuesOf({ params, memory })
      dispose(event.run)
      return { events, learned, cursor }
    }
  }
  throw new Error('the training has no end')
}
const together = (size: number, more: Partial<Training<Params, State>> = {}) =>
  Promise.all(inThisProcess(size).map((replicas) => trained(training(replicas, { replicas, ...more }))))

/** Equal but for the rounding of sums. */
const close = (a: unknown, b: unknown): boolean => {
  if (typeof a === 'number' && typeof b === 'number') return Object.is(a, b) || Math.abs(a - b) < 1e-5
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a === b
  const [left, right] = [Object.entries(a), Object.entries(b)]
  return (
    left.length === right.length && left.every(([name, value]) => close(value, (b as Record<string, unknown>)[name]))
  )
}

describeBackends(
  'replicas',
  () => {
    it.each([1, 2, 3, 4, 8])('%i of them learn and report what one process does', async (size) => {
      const alone = await trained(training())
      for (const replica of await together(size)) {
        expect(close(replica.learned, alone.learned)).toBe(true)
        expect(close(replica.events, alone.events)).toBe(true)
      }
    })

    it('are equal to the last bit after every step, in parts of a batch too', async () => {
      const [first, ...others] = await together(3, { microBatch: 2 })
      for (const other of others) expect(other).toEqual(first)
      expect(close(first!.learned, (await trained(training())).learned)).toBe(true)
    })

    it('stop together after the step in which one of them is told to', async () => {
      const interrupt = { aborted: false }
      const all = await Promise.all(
        inThisProcess(3).map(async (replicas) => {
          const signal = replicas.rank === 1 ? interrupt : { aborted: false }
          let [steps, reason] = [0, '']
          for await (const event of train(training(replicas, { replicas, signal }), start())) {
            if (event.type === 'step') steps = event.step
            if (replicas.rank === 1 && steps === 2) interrupt.aborted = true
            if (event.type === 'done') {
              reason = event.reason
              dispose(event.run)
            }
          }
          return { steps, reason }
        }),
      )
      expect(all).toEqual(Array(3).fill({ steps: 3, reason: 'aborted' }))
    })

    it('stop together in an evaluation', async () => {
      const interrupt = { aborted: false }
      const all = await Promise.all(
        inThisProcess(2).map(async (replicas) => {
          const signal = replicas.rank === 0 ? interrupt : { aborted: false }
          const types: string[] = []
          for await (const event of train(training(replicas, { replicas, signal }), start())) {
            types.push(event.type)
            if (replicas.rank === 0 && event.type === 'epoch') interrupt.aborted = true
            if (event.type === 'done') dispose(event.run)
          }
          return types.slice(3)
        }),
      )
      expect(all).toEqual(Array(2).fill(['epoch', 'checkpoint', 'done']))
    })

    it('leave no tensor behind', async () => {
      await together(2)
      const before = tf.memory().numTensors
      await together(2)
      expect(tf.memory().numTensors).toBe(before)
    })

    it('need a share of each batch', async () => {
      const [replicas] = inThisProcess(2)
      await expect(trained(training(undefined, { replicas: replicas! }))).rejects.toThrow(
        'a batch has no share, but there are 2 replicas; give each its shard of the batches',
      )
      await expect(trained(training(undefined, { replicas: {} as never }))).rejects.toThrow(
        'train: replicas must be replicas, such as replicasOf(collective)',
      )
    })
  },
  ['cpu'],
)
