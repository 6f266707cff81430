export { evaluate, type Evaluation, type PredictionColumns } from './evaluate.ts'
export type { CheckpointEvent, DoneEvent, EpochEvent, EvaluationEvent, StepEvent, TrainEvent } from './event.ts'
export type { Predict } from './logits.ts'
export { type BatchesFrom, train, type Training } from './train.ts'
