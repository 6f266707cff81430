export { bestEpoch } from './best-epoch.ts'
export { checkLastBatch } from './check-training.ts'
export { evaluate, type Evaluation, type PredictionColumns } from './evaluate.ts'
export type {
  CheckpointEvent,
  DoneEvent,
  EpochEvent,
  EvaluationEvent,
  LostEvent,
  StepEvent,
  TrainEvent,
} from './event.ts'
export { isDeviceLost, type KeptRun } from './kept-run.ts'
export type { Predict } from './logits.ts'
export { type BatchesFrom, train, type Training } from './train.ts'
