import type { Run, StepNumbers } from '@resfn/step'
import type { Evaluation, PredictionColumns } from './evaluate.ts'
import type { KeptRun } from './kept-run.ts'

/** After each step, about its batch. */
export type StepEvent = StepNumbers & {
  readonly type: 'step'
  readonly epoch: number
  readonly batch: number
  /** Updates done, this one included. */
  readonly step: number
  /** From the end of the step before. */
  readonly seconds: number
  readonly examplesPerSecond: number
}

/**
 * At the end of each epoch, about its training: means over its examples (and over all of it, also when it was resumed
 * half-way).
 */
export type EpochEvent = {
  readonly type: 'epoch'
  readonly epoch: number
  readonly step: number
  readonly examples: number
  readonly loss: number
  readonly accuracy: number
  readonly learningRate: number
}

/** After the evaluation that follows an epoch. */
export type EvaluationEvent = Evaluation & {
  readonly type: 'evaluation'
  readonly epoch: number
  readonly step: number
  readonly seconds: number
}

/** The run is worth writing to a file now. It is lent until the next event is asked for. */
export type CheckpointEvent<P, S> = {
  readonly type: 'checkpoint'
  readonly reason: 'epoch' | 'steps' | 'aborted' | 'not finite'
  readonly run: Run<P, S>
  /** After an epoch: whether its evaluation is the best one so far. */
  readonly isBest?: boolean
}

/** The last event; the run now belongs to whoever gets it. */
export type DoneEvent<P, S> = {
  readonly type: 'done'
  /** `no gain`: so many epochs in a row as `patience` says had no better evaluation. */
  readonly reason: 'finished' | 'no gain' | 'aborted'
  readonly run: Run<P, S>
  /**
   * Of the last evaluation, with the parameters of the run unless it was aborted; missing if this call of `train` made
   * none.
   */
  readonly predictions?: PredictionColumns
}

/**
 * The device that held the run is gone, with its tensors (an error with `_tag: 'DeviceLost'`); asking for the next
 * event throws that error. Set another backend, `restore` the run, and train on.
 */
export type LostEvent<P, S> = KeptRun<P, S> & { readonly type: 'lost'; readonly error: Error }

/** What `train` gives. All but the runs is plain data. */
export type TrainEvent<P, S> =
  | StepEvent
  | EpochEvent
  | EvaluationEvent
  | CheckpointEvent<P, S>
  | LostEvent<P, S>
  | DoneEvent<P, S>
