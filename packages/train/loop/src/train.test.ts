import * as tf from '@tensorflow/tfjs-core'
import { adam } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { constantRate } from '@resfn/schedules'
import { type Batch, batches, type Cursor, type ImageSet } from '@resfn/batches'
import { BatchError, NotFiniteError, startRun } from '@resfn/step'
import { describeBackends } from '@resfn/test-utils'
import { dispose } from '@resfn/tree'
import { batchNorm } from '@resfn/batch-norm'
import { dense, flatten } from '@resfn/dense'
import { type AnyLayer, lift, sequential, ShapeError, untyped } from '@resfn/layer'
import { crossEntropy } from '@resfn/losses'
import { describe, expect, it, vi } from 'vitest'
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
  ofAnotherType,
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

  it('prepares with the first step and the first evaluation, once, and trains as without', async () => {
    const plain = ofType(await eventsOf(train(training({ epochs: 1 }), start())), 'done')[0]!
    const shapes: (readonly number[])[] = []
    const prepare = vi.fn<(compute: () => tf.TensorContainer) => Promise<void>>(async (compute) => {
      const before = tf.memory().numTensors
      tf.tidy(() => shapes.push(...(compute() as tf.Tensor[]).map(({ shape }) => shape)))
      expect(tf.memory().numTensors).toBe(before)
    })
    const prepared = ofType(await eventsOf(train(training({ epochs: 1, prepare }), start())), 'done')[0]!
    expect(prepare).toHaveBeenCalledTimes(1)
    expect(shapes).toEqual([[], [6, 3]])
    expect(valuesOf(prepared.run.params)).toEqual(valuesOf(plain.run.params))
    dispose([plain.run, prepared.run])
    const failing = train(training({ prepare: () => Promise.reject(new Error('does not compile')) }), start())
    await expect(eventsOf(failing)).rejects.toThrow('does not compile')
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
    let passes = 0
    async function* evaluation(): AsyncGenerator<ReturnType<typeof inOrder>[number]> {
      // The first pass is the check before the first step.
      passes += 1
      signal.aborted = passes === 2
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

  it('goes on when only the evaluation is not finite, and says so in numbers', async () => {
    const events = await eventsOf(train(training({ epochs: 1, schedule: (step) => (step === 2 ? 3e38 : 0) }), start()))
    const [evaluation] = ofType(events, 'evaluation')
    expect(Number.isFinite(evaluation!.loss)).toBe(false)
    expect(evaluation!.loss).toBeTypeOf('number')
    const [done] = ofType(events, 'done')
    expect(done!.run.history[0]!.evaluation!.loss).toBe(evaluation!.loss)
    // The next step has a name and a number.
    await expect(eventsOf(train(training({ epochs: 2 }), done!.run))).rejects.toThrow(/^step 4: the loss is NaN/)
  })

  it('gives the predictions of the last evaluation with the last event', async () => {
    const events = await eventsOf(train(training({ epochs: 2 }), start()))
    const [done] = ofType(events, 'done')
    const { labels, predicted, probabilities } = done!.predictions!
    expect([...labels]).toEqual(inOrder(count).flatMap((examples) => [...examples.labels]))
    const right = predicted.filter((each, i) => each === labels[i]).length
    expect(right / count).toBe(done!.run.history.at(-1)!.evaluation!.accuracy)
    expect(probabilities.every((each) => each >= 1 / 3 && each <= 1)).toBe(true)
    for (const event of ofType(events, 'evaluation')) expect(event).not.toHaveProperty('predictions')
    const [again] = ofType(await eventsOf(train(training({ epochs: 2 }), done!.run)), 'done')
    expect(again).not.toHaveProperty('predictions')
    dispose(again!.run)
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
    const images = ofAnotherType(sequential({ same: lift((x) => x) }))
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
    ['train: epochs must be a whole number of at least 0, not -1', { epochs: -1 }],
    ['train: checkpointSteps must be a whole number of at least 1, not 0', { checkpointSteps: 0 }],
    ['train: statisticsDecay must be a number from 0 to 1, not 2', { statisticsDecay: 2 }],
  ])('refuses senseless settings: %s', async (message, more) => {
    const before = tf.memory().numTensors
    await expect(eventsOf(train(training(more), start()))).rejects.toThrow(message)
    expect(tf.memory().numTensors).toBe(before)
  })

  // As plain JavaScript would call it.
  it.each<readonly [string, object]>([
    ['train: there is no option epoch; did you mean epochs?', { epoch: 3 }],
    ["train: epochs must be a whole number of at least 0, not '3'", { epochs: '3' }],
    ['train: net must be a layer of @resfn/layer, a record of the functions plan, apply, train', { net: tf.relu }],
    [
      'train: optimiser must be an optimiser, such as sgd(), a record of the functions init, update',
      { optimiser: 'sgd' },
    ],
    ['train: schedule must be a function, not 0.1', { schedule: 0.1 }],
    ['train: loss must be a function, not', { loss: { smoothing: 0.1 } }],
    ['train: batches must be a function, not [a record of images, shape, labels, ', { batches: inOrder(4) }],
    [
      'train: batches must be a function that gives an iterable of batches, but it gave',
      { batches: async () => inOrder(4) },
    ],
    ['a batch for training must have cursor and next, its place in the data', { batches: () => inOrder(4) }],
    ['train: evaluation must be a function, not', { evaluation: inOrder(4) }],
    [
      'train: evaluation must be a function that gives an iterable of batches, but it gave',
      { evaluation: async () => inOrder(4) },
    ],
    ['train: evaluation must be a function that gives an iterable of batches, but it gave', { evaluation: () => 7 }],
    ['evaluation: there was no batch; is the set empty?', { evaluation: () => [] }],
    [
      'evaluation: the images of the batch must be a Float32Array, not',
      { evaluation: () => [{ images: new Uint8Array(16), labels: new Int32Array(1), shape: [1, 4, 4, 1] }] },
    ],
    [
      'evaluation: the labels of the batch must be an Int32Array of class indices, not a Uint16Array',
      { evaluation: () => [{ images: new Float32Array(16), labels: new Uint16Array(1), shape: [1, 4, 4, 1] }] },
    ],
    ['evaluation: a batch must be a record of images, shape and labels, not 1', { evaluation: () => [1, 2] }],
    [
      'evaluation: label 0 of the batch is 3, but the net has 3 classes',
      { evaluation: () => [{ images: new Float32Array(16), labels: new Int32Array([3]), shape: [1, 4, 4, 1] }] },
    ],
    ['conv: ', { evaluation: () => [{ images: new Float32Array(16), labels: new Int32Array(1), shape: [1, 16] }] }],
    ['train: signal must be an AbortSignal', { signal: new AbortController() }],
    ['the schedule at step 0: rate must be a finite number of at least 0, not NaN', { schedule: () => Number.NaN }],
    ["the schedule at step 0: rate must be a finite number of at least 0, not '0.1'", { schedule: () => '0.1' }],
  ])('finds before the first step: %s', async (message, more) => {
    const before = tf.memory().numTensors
    const events: TinyEvent[] = []
    const failed = async (): Promise<void> => {
      for await (const event of train({ ...training(), ...more } as never, start())) events.push(event as TinyEvent)
    }
    await expect(failed()).rejects.toThrow(message)
    expect(events).toEqual([])
    expect(tf.memory().numTensors).toBe(before)
  })

  it.each<readonly [string, string, (run: TinyRun) => unknown]>([
    [
      'a run that was used before',
      'params.conv.weight: the tensor is disposed; a run that train took must not be used again',
      (run) => (dispose(run), run),
    ],
    ['a disposed state', 'state.bn.mean: the tensor is disposed', (run) => (run.state.bn.mean.dispose(), run)],
    [
      'a disposed optimiser',
      'optimiser.velocity.fc.bias: the tensor is disposed',
      (run) => (dispose((run.optimiser['velocity'] as TinyRun['params']).fc.bias), run),
    ],
    ['no run', 'the run: it must be a run of startRun or restoreRun, with params, not undefined', () => undefined],
    [
      'parameters alone',
      'the run: it must be a run of startRun or restoreRun, with params, not a record of conv, bn, fc',
      (run) => run.params,
    ],
    [
      'the run of another net',
      'params.fc.weight: it is missing, but the net needs [3,3]; is the run of this net',
      ({ params: { conv, bn }, ...run }) => ({ ...run, params: { conv, bn } }),
    ],
    [
      'a run with more than the net has',
      'params.add.weight: the net has no such tensor',
      (run) => ({ ...run, params: { ...run.params, add: { weight: run.params.fc.weight } } }),
    ],
    [
      'arrays in the place of tensors',
      'params.fc.weight: it must be a tensor, not a Float32Array',
      (run) => ({ ...run, params: { ...run.params, fc: { weight: new Float32Array(9), bias: run.params.fc.bias } } }),
    ],
  ])('finds before the first step: %s', async (_, message, change) => {
    const events: unknown[] = []
    const failed = async (): Promise<void> => {
      for await (const event of train(training(), change(start()) as never)) events.push(event)
    }
    await expect(failed()).rejects.toThrow(message)
    expect(events).toEqual([])
  })

  it.each<readonly [string, object, object]>([
    ['startRun: there is no option seed; use optimiser, key, input', net, { optimiser, seed: 3, input }],
    ['startRun: key must be a key of @resfn/random: two 32-bit numbers, not 3', net, { optimiser, key: 3, input }],
    [
      'startRun: input must be the shape of one sample: an array of positive whole numbers, not 16',
      net,
      { optimiser, key: key(0), input: 16 },
    ],
    ['startRun: optimiser is missing', net, { key: key(0), input }],
    ['startRun: net must be a layer', {}, { optimiser, key: key(0), input }],
  ])('is not started with wrong options: %s', (message, layer, options) => {
    expect(() => startRun(layer as never, options as never)).toThrow(message)
  })

  describe('a last batch of one example', () => {
    const set = (count: number): ImageSet => ({
      images: new Uint8Array(count * 2).map((_, i) => i % 7),
      labels: new Uint8Array(count).map((_, i) => i % 2),
      shape: [1, 1, 2],
      classes: ['a', 'b'],
    })
    const normalised = sequential({ bn: batchNorm(), flatten, fc: dense({ out: 2 }) })
    const attempt = async (
      count: number,
      options: { readonly size: number; readonly last?: 'keep' | 'drop' },
      layer: AnyLayer = normalised,
    ): Promise<readonly string[]> => {
      const types: string[] = []
      const net = untyped(layer)
      const learning = { net, loss: crossEntropy(), optimiser, schedule: constantRate(0.1), epochs: 1 }
      const run = startRun(net, { optimiser, key: key(0), input: [1, 1, 2] })
      const passes = (start: Cursor) => batches(set(count), { ...options, key: key(1), start })
      for await (const { type } of train({ ...learning, batches: passes }, run)) types.push(type)
      return types
    }

    it('is found before the first step where the net normalises over the batch', async () => {
      const before = tf.memory().numTensors
      const error = await attempt(11, { size: 5 }).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(BatchError)
      expect((error as BatchError).message).toMatch(
        /^11 examples in batches of 5 leave a last batch of 1, and the net cannot train on it \(.*more than one value a channel.*\); take another batch size, or leave the last batch out \(last: 'drop' of @resfn\/batches\)$/,
      )
      expect(tf.memory().numTensors).toBe(before)
    })

    it('is trained on where the net can', async () => {
      const linear = sequential({ flatten, fc: dense({ out: 2 }) })
      expect(await attempt(11, { size: 5 }, linear)).toEqual(['step', 'step', 'step', 'epoch', 'checkpoint', 'done'])
    })

    it.each([
      ['dropped', 11, { size: 5, last: 'drop' as const }, 2],
      ['of another size', 12, { size: 5 }, 3],
    ])('is no matter when it is %s', async (_, count, options, steps) => {
      expect((await attempt(count, options)).filter((type) => type === 'step')).toHaveLength(steps)
    })
  })

  it('learns from labels beyond 255', async () => {
    const wide = sequential({ flatten, fc: dense({ out: 1000 }) })
    const examples = { images: new Float32Array([1, -1]), shape: [2, 1], labels: new Int32Array([999, 256]) }
    async function* passes(from: Cursor): AsyncGenerator<Batch> {
      for (let { epoch } = from; ; epoch++)
        yield { ...examples, cursor: { epoch, batch: 0 }, next: { epoch: epoch + 1, batch: 0 } }
    }
    const run = startRun(wide, { optimiser, key: key(0), input: [1] })
    const learning = {
      net: wide,
      loss: crossEntropy(),
      optimiser,
      schedule: constantRate(1),
      batches: passes,
      epochs: 30,
    }
    for await (const event of train({ ...learning, evaluation: () => [examples] }, run))
      if (event.type === 'done') {
        expect(event.run.history.at(-1)!.evaluation!.accuracy).toBe(1)
        expect([...event.predictions!.predicted]).toEqual([999, 256])
        dispose(event.run)
      }
  })

  it('starts from parameters that depend on the key alone', () => {
    const linear = dense({ out: 2 })
    const [a, b, c] = [3, 3, 4].map((seed) => startRun(linear, { optimiser, key: key(seed), input: [2] }))
    expect(valuesOf(a!.params)).toEqual(valuesOf(b!.params))
    expect(valuesOf(a!.params)).not.toEqual(valuesOf(c!.params))
  })
})
