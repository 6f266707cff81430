// The state of the training that is shown, and what can be done with it. The work is done in a worker.
import { effect, signal } from '@preact/signals'
import * as Comlink from 'comlink'
import { type Composition, counterpart } from '../composition/composition.ts'
import { choice, computing, connect, running, workerProblem } from '../engine/connection.ts'
import type { Happening, Look, Pixels, Settings, Task } from '../engine/protocol.ts'
import { type Curve, noCurve, upTo, withAllSeen } from './curves.ts'
import { forget, keep, recall } from './kept.ts'

/** What is going on. */
export type Phase = 'idle' | 'loading' | 'training' | 'paused' | 'finished' | 'failed'

/** The settings that a training starts with: a minute on two cores. */
export const usual: Settings = {
  epochs: 3,
  batch: 64,
  optimiser: 'sgd',
  lr: 0.1,
  schedule: 'one-cycle',
  momentum: 0.9,
  weightDecay: 5e-4,
  smoothing: 0.05,
  flip: true,
  crop: 2,
  images: 4000,
  seed: 0,
}

export const phase = signal<Phase>('idle')
export const problem = signal<string | undefined>(undefined)
/** Something that happened by itself and that people should know. */
export const notice = signal<'lost' | 'restored' | undefined>(undefined)
export const settings = signal<Settings>(usual)
export const isCompared = signal(true)
export const task = signal<Task | undefined>(undefined)
export const curves = signal<readonly Curve[]>([])
export const rate = signal(1)
export const classes = signal<readonly string[]>([])

/** Whether the runs of the task are in the worker. */
let isBegun = false
let checkpoints: readonly Uint8Array[] | undefined
let seen: Happening[] = []
let isFrameAsked = false

const failed = (error: unknown): void => {
  problem.value = error instanceof Error ? error.message : String(error)
  phase.value = 'failed'
}

effect(() => {
  if (workerProblem.value !== undefined) failed(new Error(workerProblem.value))
})

/** Draws what has come, once a frame. */
const draw = (): void => {
  isFrameAsked = false
  const [came, before] = [seen, curves.value]
  seen = []
  curves.value = withAllSeen(before, came)
}

const happened = (what: Happening): void => {
  if (what.type === 'kept') {
    checkpoints = what.checkpoints
    draw()
    if (task.value !== undefined)
      void keep({ version: 1, task: task.value, curves: curves.value, checkpoints: what.checkpoints }).catch(
        () => undefined,
      )
  } else if (what.type === 'running') running.value = what.running
  else if (what.type === 'lost') notice.value = 'lost'
  else {
    seen.push(what)
    if (isFrameAsked) return
    isFrameAsked = true
    requestAnimationFrame(draw)
  }
}

const begin = async (of: Task, from: readonly Uint8Array[] | undefined): Promise<void> => {
  const remote = await computing()
  classes.value = await remote.classes()
  await remote.begin(of, Comlink.proxy(happened), from)
  isBegun = true
  if (rate.value !== 1) await remote.scaleRate(rate.value)
}

/** Trains until it is done or paused; errors become the state that is shown. */
const trainOn = async (prepare: () => Promise<void>): Promise<void> => {
  phase.value = 'loading'
  problem.value = undefined
  try {
    await prepare()
    phase.value = 'training'
    phase.value = await connect().train()
  } catch (error) {
    isBegun = false
    failed(error)
  }
}

/** The nets to train: the one that is composed, and where it is compared, the same with or without shortcuts. */
export const taskOf = (
  composition: Composition,
  labels: { readonly residual: string; readonly plain: string },
): Task => {
  const label = (of: Composition): string =>
    of.kind === 'named' ? of.name : of.shortcut === 'none' ? labels.plain : labels.residual
  const compositions =
    composition.kind === 'built' && isCompared.value ? [composition, counterpart(composition)] : [composition]
  return { tracks: compositions.map((each) => ({ label: label(each), composition: each })), settings: settings.value }
}

/** Begins anew. */
export const start = (of: Task): Promise<void> => {
  task.value = of
  rate.value = 1
  notice.value = undefined
  seen = []
  curves.value = of.tracks.map(() => noCurve)
  checkpoints = undefined
  return trainOn(async () => {
    await forget().catch(() => undefined)
    await begin(of, undefined)
  })
}

export const pause = async (): Promise<void> => connect().pause()

/** Goes on from where it stands; after a reload, from the kept checkpoints. */
export const goOn = (): Promise<void> =>
  trainOn(async () => {
    notice.value = undefined
    if (!isBegun) await begin(task.value!, checkpoints)
  })

/** Another backend; what trains goes on there. */
export const switchBackend = async (to: string): Promise<void> => {
  choice.value = to
  // Nothing runs yet; the first work starts it.
  if (running.value === undefined) return
  try {
    running.value = await connect().use(to)
    problem.value = undefined
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error)
  }
}

export const setRate = async (factor: number): Promise<void> => {
  rate.value = factor
  if (isBegun) await connect().scaleRate(factor)
}

/** What a net makes of an image of the test set. */
export const look = async (track: number, image: number): Promise<Look | undefined> =>
  isBegun ? connect().look(track, image) : undefined

export const images = (indices: readonly number[]): Promise<readonly Pixels[]> => connect().images(indices)

/** The checkpoint file of a net. */
export const checkpointOf = async (track: number): Promise<Uint8Array> =>
  isBegun ? connect().save(track) : checkpoints![track]!

/** Brings back the training of the last visit, paused. */
export const restore = async (): Promise<void> => {
  const kept = await recall().catch(() => undefined)
  if (kept === undefined || phase.value !== 'idle') return
  const steps = kept.curves.map(({ judged, steps: each }) => Math.max(each.at(-1) ?? 0, judged.at(-1)?.step ?? 0))
  task.value = kept.task
  settings.value = kept.task.settings
  curves.value = kept.curves.map((curve, i) => upTo(curve, steps[i]!))
  checkpoints = kept.checkpoints
  phase.value = 'paused'
  notice.value = 'restored'
}
