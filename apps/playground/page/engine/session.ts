import { batches, batchesInOrder, type Cursor, type Examples } from '@resfn/batches'
import { isDeviceLost, train, type TrainEvent, type Training } from '@resfn/loop'
import { key } from '@resfn/random'
import { augmentation, lossOf, preprocessing, scheduleOf } from '@resfn/recipe'
import { dispose } from '@resfn/tree'
import { tensor } from '@tensorflow/tfjs-core'
import { type Data, fewer, pixelsOf } from './data.ts'
import { gradientByDepth } from './depth.ts'
import { judge } from './judge.ts'
import { lookAt } from './look.ts'
import type { Happening, Judged, Look, Stopped, Task } from './protocol.ts'
import { type AnyRun, decodeRun, encodeRun, type Learner, learnerOf, newRun, recipeOf } from './runs.ts'
import { createTurns } from './turns.ts'

/** Steps between two looks at the gradients, and between two judgements. */
const [lookEvery, judgeEvery] = [10, 50]
const judgedImages = 500
/** Milliseconds between two checkpoints. */
const keepEvery = 10_000

/** What a session needs from around it. */
export type Surroundings = {
  readonly data: Data
  readonly report: (what: Happening) => void
  /** Makes another backend current after a device was lost. */
  readonly replaceBackend: () => Promise<void>
}

/** Runs of one task, which train side by side, one step each in turn. What is asked meanwhile is done between steps. */
export type Session = {
  readonly train: () => Promise<Stopped>
  /** Stops after the current step; the runs stay. */
  readonly pause: () => Promise<void>
  readonly scaleRate: (factor: number) => void
  readonly look: (track: number, image: number) => Promise<Look>
  readonly save: (track: number) => Promise<Uint8Array>
  /** Moves all runs to the backend that `change` makes current. */
  readonly move: <A>(change: () => Promise<A>) => Promise<A>
  readonly end: () => Promise<void>
}

/** A session of new runs, or of those of checkpoints. */
export const openSession = (
  { tracks, settings }: Task,
  { data, report, replaceBackend }: Surroundings,
  checkpoints?: readonly Uint8Array[],
): Session => {
  const set = fewer(data.train, settings.images)
  const few = fewer(data.test, judgedImages)
  const { classes, shape: input } = set
  const recipe = recipeOf(settings)
  const loss = lossOf(recipe)
  const transform = augmentation(recipe, data.moments)
  const prepare = preprocessing(recipe, data.moments)
  const schedule = scheduleOf(recipe, { examples: set.labels.length })
  const learners = tracks.map((track) => learnerOf(track, settings, input, classes.length))

  const restored = (kept: readonly Uint8Array[] | undefined): AnyRun[] => {
    const made: AnyRun[] = []
    try {
      for (const [i, learner] of learners.entries()) {
        const bytes = kept?.[i]
        made.push(bytes === undefined ? newRun(learner, settings, input) : decodeRun(learner, bytes, input))
      }
      return made
    } catch (error) {
      dispose(made)
      throw error
    }
  }

  let runs = restored(checkpoints)
  let kept = checkpoints
  let factor = 1
  let isWanted = false
  let stop: AbortController | undefined
  let training: Promise<Stopped> | undefined
  let probe: Examples | undefined
  const turns = createTurns(() => {
    if (training === undefined) void turns.drain()
    else stop?.abort()
  })

  const encoded = (track: number): Promise<Uint8Array> =>
    encodeRun(learners[track]!, runs[track]!, { input, classes, settings })
  const encodeAll = (): Promise<Uint8Array[]> => Promise.all(learners.map((_, track) => encoded(track)))
  const keep = async (): Promise<void> => {
    kept = await encodeAll()
    report({ type: 'kept', checkpoints: kept })
  }

  const trainingOf = ({ net, optimiser }: Learner, signal: AbortSignal): Training<unknown, unknown> => ({
    net,
    optimiser,
    loss,
    schedule: (step) => factor * schedule(step),
    batches: (start: Cursor) => batches(set, { size: settings.batch, key: key(settings.seed + 1), transform, start }),
    epochs: settings.epochs,
    checkpointSteps: lookEvery,
    signal,
  })

  const judged = async (track: number, run: AnyRun): Promise<Judged> => ({
    type: 'judged',
    track,
    ...(await judge(learners[track]!, run, few, prepare)),
  })

  /** The batch on which gradients are compared: the same at each step. */
  const probed = async (): Promise<Examples> => {
    const first = batchesInOrder(set, { size: Math.min(64, set.labels.length), transform: prepare })
    probe ??= (await first[Symbol.asyncIterator]().next()).value as Examples
    return probe
  }

  /** Takes the events of a track up to the end of a step; gives whether there are more. */
  const oneStep = async (
    track: number,
    events: AsyncGenerator<TrainEvent<unknown, unknown>>,
    lost: (() => AnyRun)[],
  ): Promise<boolean> => {
    for (;;) {
      const next = await events.next()
      if (next.done === true) return false
      const event = next.value
      if (event.type === 'done') runs[track] = event.run
      else if (event.type === 'lost') lost[track] = event.restore
      else if (event.type === 'checkpoint' && event.reason !== 'aborted') {
        const { run } = event
        report({ type: 'depth', track, ...(await gradientByDepth(learners[track]!, run, loss, await probed())) })
        if (run.step % judgeEvery === 0 || event.reason === 'epoch') report(await judged(track, run))
      } else if (event.type === 'step') {
        const { step, loss: value, accuracy, learningRate, examplesPerSecond } = event
        report({ type: 'step', track, step, loss: value, accuracy, learningRate, examplesPerSecond })
        return true
      }
    }
  }

  /** Trains to the end, or until the signal aborts. Where a device is lost, the runs go on on another backend. */
  const trainUntil = async (signal: AbortSignal): Promise<void> => {
    const streams = runs.map((run, track) => train(trainingOf(learners[track]!, signal), run))
    const lost: (() => AnyRun)[] = []
    let open = [...streams.keys()]
    let keptAt = Date.now()
    try {
      while (open.length > 0) {
        const going: number[] = []
        for (const track of open) if (await oneStep(track, streams[track]!, lost)) going.push(track)
        open = going
        if (Date.now() - keptAt > keepEvery) {
          keptAt = Date.now()
          void turns.add(keep)
        }
      }
    } catch (error) {
      if (!isDeviceLost(error)) throw error
      report({ type: 'lost', message: error.message })
      // The others lie on the same device.
      for (const track of open)
        if (lost[track] === undefined) await oneStep(track, streams[track]!, lost).catch(() => undefined)
      await replaceBackend()
      const stand = restored(kept)
      runs = stand.map((run, track) => {
        const restore = lost[track]
        if (restore === undefined) return run
        dispose(run)
        return restore()
      })
    } finally {
      for (const stream of streams) await stream.return(undefined)
    }
  }

  const isFinished = (): boolean => runs.every(({ cursor }) => cursor.epoch >= settings.epochs)

  const trainOn = async (): Promise<Stopped> => {
    for (;;) {
      await turns.drain()
      if (!isWanted || isFinished()) break
      if (!turns.isEmpty()) continue
      stop = new AbortController()
      await trainUntil(stop.signal)
    }
    await keep()
    return isFinished() ? 'finished' : 'paused'
  }

  return {
    train: () => {
      isWanted = true
      training ??= trainOn().finally(() => {
        training = undefined
        isWanted = false
        void turns.drain()
      })
      return training
    },
    pause: async () => {
      isWanted = false
      stop?.abort()
      await training?.catch(() => undefined)
    },
    scaleRate: (by) => void (factor = by),
    look: (track, image) =>
      turns.add(async () => {
        const { width, height, channels, data: bytes } = pixelsOf(data.test, image)
        const given = {
          images: Float32Array.from(bytes, (byte) => byte / 255),
          shape: [1, height, width, channels] as const,
        }
        const { images, shape } = prepare(given)
        const x = tensor(images, [...shape])
        try {
          return await lookAt(learners[track]!, runs[track]!, x)
        } finally {
          x.dispose()
        }
      }),
    save: (track) => turns.add(() => encoded(track)),
    move: (change) =>
      turns.add(async () => {
        const bytes = await encodeAll()
        dispose(runs)
        try {
          return await change()
        } finally {
          // Where the change failed, the old backend is still current.
          runs = restored(bytes)
        }
      }),
    end: async () => {
      isWanted = false
      stop?.abort()
      await training?.catch(() => undefined)
      await turns.add(async () => {
        dispose(runs)
        runs = []
      })
    },
  }
}
