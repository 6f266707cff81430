import * as tf from '@tensorflow/tfjs-core'
import { key } from '@resfn/random'
import { constantRate } from '@resfn/schedules'
import { type EpochRecord, startRun } from '@resfn/step'
import { describeBackends } from '@resfn/test-utils'
import { input, net, optimiser, type TinyRun, training } from '@resfn/test-utils/tiny'
import { dispose } from '@resfn/tree'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bestEpoch, train, type TrainEvent } from './index.ts'

type TinyEvent = TrainEvent<TinyRun['params'], TinyRun['state']>

/** A training that learns nothing, so that the first evaluation is the best one. */
const still = (more: Parameters<typeof training>[0]): ReturnType<typeof training> =>
  training({ schedule: constantRate(0), statisticsDecay: 1, epochs: 6, ...more })

const start = (): TinyRun => startRun(net, { optimiser, key: key(1), input })

const collect = async (events: AsyncIterable<TinyEvent>): Promise<readonly TinyEvent[]> => {
  const list: TinyEvent[] = []
  for await (const event of events) list.push(event)
  return list
}

describeBackends('patience', () => {
  it('ends the training after so many epochs without a better evaluation', async () => {
    const events = await collect(train(still({ patience: 2 }), start()))
    const done = events.at(-1)!
    expect(done).toMatchObject({ type: 'done', reason: 'no gain', run: { cursor: { epoch: 3, batch: 0 } } })
    expect(events.flatMap((event) => (event.type === 'checkpoint' ? [event.isBest] : []))).toEqual([true, false, false])
    if (done.type === 'done') dispose(done.run)
  })

  it('follows from the run alone: one that ended goes on only with more of it', async () => {
    let run = start()
    for await (const event of train(still({ patience: 1 }), run)) if (event.type === 'done') run = event.run
    expect(run.history.length).toBe(2)
    const again = await collect(train(still({ patience: 1 }), run))
    expect(again.map(({ type }) => type)).toEqual(['done'])
    for await (const event of train(still({ patience: 3 }), run)) if (event.type === 'done') run = event.run
    expect(run.history.length).toBe(4)
    dispose(run)
  })

  it('is not needed: without it all epochs are trained', async () => {
    const events = await collect(train(still({ epochs: 3 }), start()))
    expect(events.at(-1)).toMatchObject({ reason: 'finished' })
  })

  it('leaves no tensors behind', async () => {
    const before = tf.memory().numTensors
    for await (const event of train(still({ patience: 1 }), start())) if (event.type === 'done') dispose(event.run)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('needs an evaluation', async () => {
    const { evaluation: _, ...without } = still({ patience: 1 })
    await expect(collect(train(without, start()))).rejects.toThrow('patience needs an evaluation')
    await expect(collect(train(still({ patience: 0 }), start()))).rejects.toThrow('patience must be a whole number')
  })
})

describe('bestEpoch', () => {
  const record = (epoch: number, accuracy: number, loss: number): EpochRecord => ({
    epoch,
    step: epoch,
    learningRate: 1,
    training: { loss: 1, accuracy: 0 },
    evaluation: { accuracy, loss },
  })

  it('is the first with the highest accuracy and the lowest loss of those', () => {
    const scores = fc.array(fc.tuple(fc.constantFrom(0, 0.5, 1), fc.constantFrom(1, 2, Infinity, NaN)), {
      minLength: 1,
    })
    fc.assert(
      fc.property(scores, (list) => {
        const history = list.map(([accuracy, loss], epoch) => record(epoch, accuracy, loss))
        const best = history[bestEpoch(history)!]!.evaluation!
        for (const { evaluation } of history) {
          expect(evaluation!.accuracy).toBeLessThanOrEqual(best.accuracy)
          if (evaluation!.accuracy === best.accuracy && evaluation!.loss < best.loss) expect.unreachable()
        }
      }),
    )
    expect(bestEpoch([record(0, 0.5, 1), record(1, 0.5, 1)])).toBe(0)
  })

  it('is nothing where no epoch was evaluated', () => {
    const { evaluation: _, ...without } = record(0, 1, 1)
    expect(bestEpoch([without])).toBeUndefined()
    expect(bestEpoch([])).toBeUndefined()
  })
})
