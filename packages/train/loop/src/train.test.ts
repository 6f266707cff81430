import * as tf from '@tensorflow/tfjs-core'
import { adam } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { constantRate } from '@resfn/schedules'
import type { Batch } from '@resfn/batches'
import { BatchError, NotFiniteError, startRun } from '@resfn/step'
import { describeBackends } from '@resfn/test-utils'
import { dispose } from '@resfn/tree'
import { dense } from '@resfn/dense'
import { lift, sequential, ShapeError } from '@resfn/layer'
import { describe, expect, it } from 'vitest'
import {
  batchesPerEpoch,
  count,
  inOrder,
  input,
  net,
  optimiser,
  shuffled,
  type TinyRun,
  training,
  untyped,
  valuesOf,
} from '@resfn/test-utils/tiny'
import { evaluate, train, type TrainEvent } from './index.ts'

type TinyEvent = TrainEvent<TinyRun['params'], TinyRun['state']>

const start = (): TinyRun => startRun(net, { optimiser, key: key(1), input })

const eventsOf = async (events: AsyncIterable<TinyEvent>): Promise<readonly TinyEvent[]> => {
  const list: TinyEvent[] = []
  for await (const event of events) list.push(event)
  return list
}

const ofType = <T extends TinyEvent['type']>(
  events: readonly TinyEvent[],
  type: T,
): readonly Extract<TinyEvent, { readonly type: T }>[] =>
  events.filter((event): event is Extract<TinyEvent, { readonly type: T }> => event.type === type)

/** Changes the images of one batch. */
const spoil = (epoch: number, batch: number, change: (given: Batch) => Batch) =>
  async function* (from: { readonly epoch: number; readonly batch: number }): AsyncGenerator<Batch> {
    for await (const given of shuffled(key(11))(from))
      yield given.cursor.epoch === epoch && given.cursor.batch === batch ? change(given) : given
  }

describeBackends('train', () => {
  it('gives step, epoch, evaluation and checkpoint events in order, and ends with the run', async () => {
    const events = await eventsOf(train(training(), start()))
    const epoch = [...Array<string>(batchesPerEpoch).fill('step'), 'epoch', 'evaluation', 'checkpoint']
    expect(events.map(({ type }) => type)).toEqual([...epoch, ...epoch, ...epoch, 'done'])
    const [done] = ofType(events, 'done')
    expect(done).toMatchObject({ reason: 'finished', run: { step: 9, cursor: { epoch: 3, batch: 0 } } })
    expect(
      ofType(events, 'step')
        .map(({ epoch, batch, step, examples }) => [epoch, batch, step, examples])
        .slice(0, 4),
    ).toEqual([
      [0, 0, 1, 4],
      [0, 1, 2, 4],
      [0, 2, 3, 2],
      [1, 0, 4, 4],
    ])
    expect(
      ofType(events, 'step')
        .map(({ learningRate }) => learningRate)
        .slice(0, 3),
    ).toEqual([0, 0.1, 0.2])
    for (const { loss, gradientNorm, seconds, examplesPerSecond } of ofType(events, 'step'))
      for (const value of [loss, gradientNorm, seconds, examplesPerSecond]) expect(value).toBeGreaterThan(0)
    dispose(done!.run)
  })

  it('learns its ten images', async () => {
    const events = await eventsOf(train(training({ epochs: 30, schedule: constantRate(0.1) }), start()))
    const [done] = ofType(events, 'done')
    expect(done!.run.history.at(-1)!.evaluation!.accuracy).toBe(1)
    expect(done!.run.history.at(-1)!.training.loss).toBeLessThan(done!.run.history[0]!.training.loss)
    dispose(done!.run)
  })

  it('means over the epoch what the steps say of their batches', async () => {
    const events = await eventsOf(train(training({ epochs: 1 }), start()))
    const steps = ofType(events, 'step')
    const [epoch] = ofType(events, 'epoch')
    const weighted = (value: (step: (typeof steps)[number]) => number): number =>
      steps.reduce((sum, step) => sum + value(step) * step.examples, 0) / count
    expect(epoch!.loss).toBeCloseTo(
      weighted(({ loss }) => loss),
      12,
    )
    expect(epoch!.accuracy).toBeCloseTo(
      weighted(({ accuracy }) => accuracy),
      12,
    )
    const [done] = ofType(events, 'done')
    const { params, state } = done!.run
    const again = await evaluate((x) => net.apply(params, x, state), inOrder(3))
    const [evaluation] = ofType(events, 'evaluation')
    expect(evaluation).toMatchObject({
      accuracy: again.accuracy,
      confusion: again.confusion,
      perClass: again.perClass,
      examples: count,
    })
    expect(evaluation!.loss).toBeCloseTo(again.loss, 5)
    expect(done!.run.history).toEqual([
      {
        epoch: 0,
        step: 3,
        learningRate: 0.2,
        training: { loss: epoch!.loss, accuracy: epoch!.accuracy },
        evaluation: { loss: evaluation!.loss, accuracy: evaluation!.accuracy },
      },
    ])
    dispose(done!.run)
  })

  it('keeps the number of tensors constant from the second step on, and leaves only the last run', async () => {
    const before = tf.memory().numTensors
    const run = start()
    const owned = tf.memory().numTensors - before
    const counts: number[] = []
    for await (const event of train(training({ checkpointSteps: 2 }), run)) {
      if (event.type === 'step') counts.push(tf.memory().numTensors - before)
      if (event.type === 'done') dispose(event.run)
    }
    expect(counts).toEqual(Array(9).fill(owned))
    expect(tf.memory().numTensors).toBe(before)
  })

  it('gives the same run twice, and another one from another key', async () => {
    const last = async (run: TinyRun): Promise<unknown> => {
      const [done] = ofType(await eventsOf(train(training(), run)), 'done')
      return valuesOf(done!.run.params)
    }
    const first = await last(start())
    expect(await last(start())).toEqual(first)
    expect(await last(startRun(net, { optimiser, key: key(2), input }))).not.toEqual(first)
  })

  it('absorbs what the batches showed into the running statistics, slower with a larger decay', async () => {
    const moved = async (statisticsDecay: number): Promise<number> => {
      const [done] = ofType(await eventsOf(train(training({ epochs: 1, statisticsDecay }), start())), 'done')
      return Math.abs(done!.run.state.bn.mean.dataSync()[0]!)
    }
    expect(await moved(1)).toBe(0)
    expect(await moved(0.5)).toBeGreaterThan(await moved(0.99))
  })

  it('offers checkpoints after every so many steps, but once where an epoch ends there too', async () => {
    const events = await eventsOf(train(training({ epochs: 2, checkpointSteps: 2 }), start()))
    expect(ofType(events, 'checkpoint').map(({ reason, run }) => [reason, run.step])).toEqual([
      ['steps', 2],
      ['epoch', 3],
      ['steps', 4],
      ['epoch', 6],
    ])
  })

  it('stops after the step under way when it is aborted, with a checkpoint, and goes on from there', async () => {
    const signal = { aborted: false }
    const events: TinyEvent[] = []
    for await (const event of train(training({ signal }), start())) {
      events.push(event)
      if (event.type === 'step' && event.step === 4) signal.aborted = true
    }
    expect(events.slice(-3).map(({ type }) => type)).toEqual(['step', 'checkpoint', 'done'])
    const [done] = ofType(events, 'done')
    expect(done).toMatchObject({ reason: 'aborted', run: { step: 4, cursor: { epoch: 1, batch: 1 } } })
    const rest = await eventsOf(train(training(), done!.run))
    expect(ofType(rest, 'step').map(({ step }) => step)).toEqual([5, 6, 7, 8, 9])
  })

  it('does the evaluation again that an abort cut short', async () => {
    const signal = { aborted: false }
    async function* evaluation(): AsyncGenerator<ReturnType<typeof inOrder>[number]> {
      signal.aborted = true
      yield* inOrder(6)
    }
    const events = await eventsOf(train(training({ signal, evaluation, epochs: 1 }), start()))
    expect(events.map(({ type }) => type)).toEqual(['step', 'step', 'step', 'epoch', 'checkpoint', 'done'])
    const [done] = ofType(events, 'done')
    expect(done!.reason).toBe('aborted')
    const rest = await eventsOf(train(training({ epochs: 1 }), done!.run))
    expect(rest.map(({ type }) => type)).toEqual(['epoch', 'evaluation', 'checkpoint', 'done'])
    expect(rest[0]).toEqual(ofType(events, 'epoch')[0])
  })

  it('stops at a loss that is not finite, after a checkpoint of the run before that step', async () => {
    const before = tf.memory().numTensors
    const batches = spoil(1, 1, (given) => ({ ...given, images: given.images.map(() => Number.NaN) }))
    const good: unknown[] = []
    const events: TinyEvent[] = []
    const failed = async (): Promise<void> => {
      for await (const event of train(training({ batches }), start())) {
        events.push(event)
        if (event.type === 'checkpoint') good.push(valuesOf(event.run.params))
      }
    }
    const error = await failed().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(NotFiniteError)
    expect(error).toMatchObject({ _tag: 'NotFiniteError', step: 5 })
    expect((error as NotFiniteError).message).toMatch(/^step 5: the loss is NaN .* take a smaller learning rate/)
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['step', 'checkpoint'])
    expect(events.at(-1)).toMatchObject({ reason: 'not finite', run: { step: 4 } })
    expect(
      Object.values(good.at(-1) as { readonly [path: string]: readonly number[] })
        .flat()
        .every(Number.isFinite),
    ).toBe(true)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('frees its run when the loop over the events is left', async () => {
    const before = tf.memory().numTensors
    for await (const event of train(training(), start())) if (event.type === 'step' && event.step === 2) break
    expect(tf.memory().numTensors).toBe(before)
  })

  it.each<readonly [string, string, (given: Batch) => Batch]>([
    [
      'a label beyond the classes',
      'label 1 of the batch is 3, but the net has 3 classes: 0 to 2',
      (given) => ({ ...given, labels: given.labels.with(1, 3) }),
    ],
    ['a negative label', 'label 0 of the batch is -1', (given) => ({ ...given, labels: given.labels.with(0, -1) })],
    [
      'fewer labels than images',
      'has 3 labels; it needs one an example: 4',
      (given) => ({ ...given, labels: given.labels.slice(1) }),
    ],
    [
      'a shape that the values do not fill',
      'the batch has 64 values, but its shape [4,4,5,1] needs 80',
      (given) => ({ ...given, shape: [4, 4, 5, 1] }),
    ],
    [
      'no example',
      'the batch has no example',
      (given) => ({ ...given, images: new Float32Array(), labels: new Int32Array(), shape: [0, 4, 4, 1] }),
    ],
    [
      'images of other channels',
      'params.conv.weight is [3,3,1,3], but on samples of shape [4,2,2] the net needs [3,3,2,3]',
      (given) => ({ ...given, shape: [4, 4, 2, 2] }),
    ],
    [
      'a place that was not asked for',
      'the batches gave batch 7 of epoch 0 where batch 1 of epoch 0 was due',
      (given) => ({ ...given, cursor: { epoch: 0, batch: 7 } }),
    ],
  ])('refuses a batch with %s', async (_, message, change) => {
    const before = tf.memory().numTensors
    const error = await eventsOf(train(training({ batches: spoil(0, 1, change) }), start())).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(BatchError)
    expect((error as BatchError).message).toContain(message)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('names the layer that cannot take the images', async () => {
    const batches = spoil(0, 0, (given) => ({ ...given, shape: [4, 16] }))
    const error = await eventsOf(train(training({ batches }), start())).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ShapeError)
    expect((error as ShapeError).path).toBe('conv')
  })

  it('says so when the batches end before the last epoch', async () => {
    async function* batches(from: { readonly epoch: number; readonly batch: number }): AsyncGenerator<Batch> {
      for await (const batch of shuffled(key(11))(from)) {
        if (batch.cursor.epoch === 2) return
        yield batch
      }
    }
    await expect(eventsOf(train(training({ batches }), start()))).rejects.toThrow(
      'the batches ended before batch 0 of epoch 2',
    )
  })

  it('refuses a net that does not end in logits', async () => {
    const images = untyped(sequential({ same: lift((x) => x) }))
    const run = startRun(images, { optimiser, key: key(0), input })
    await expect(eventsOf(train(training({ net: images }), run))).rejects.toThrow(
      'the net gives [4,4,1] for a sample, but a classifier must give [classes]',
    )
  })

  it('lets timers run between the steps', async () => {
    let ticks = 0
    const timer = setInterval(() => ticks++, 0)
    const [done] = ofType(await eventsOf(train(training({ epochs: 20 }), start())), 'done')
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(2)
    dispose(done!.run)
  })

  it('has nothing to do for a run that is at the end', async () => {
    const [done] = ofType(
      await eventsOf(
        train(
          training({ epochs: 1, optimiser: adam(), evaluation: () => inOrder(10) }),
          startRun(net, { optimiser: adam(), key: key(1), input }),
        ),
      ),
      'done',
    )
    const events = await eventsOf(train(training({ epochs: 1, optimiser: adam() }), done!.run))
    expect(events.map(({ type }) => type)).toEqual(['done'])
  })
})

describe('train', () => {
  it.each([
    ['epochs must be a whole number from 0, not -1', { epochs: -1 }],
    ['checkpointSteps must be a whole number from 1, not 0', { checkpointSteps: 0 }],
    ['decay must be from 0 to 1, not 2', { statisticsDecay: 2 }],
  ])('refuses senseless settings: %s', async (message, more) => {
    const before = tf.memory().numTensors
    await expect(eventsOf(train(training(more), start()))).rejects.toThrow(message)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('starts from parameters that depend on the key alone', () => {
    const linear = dense({ out: 2 })
    const [a, b, c] = [3, 3, 4].map((seed) => startRun(linear, { optimiser, key: key(seed), input: [2] }))
    expect(valuesOf(a!.params)).toEqual(valuesOf(b!.params))
    expect(valuesOf(a!.params)).not.toEqual(valuesOf(c!.params))
  })
})
