export { evaluate, type Evaluation, type Predict, type Prediction, predictionsOf } from './evaluate.ts'
export type { CheckpointEvent, DoneEvent, EpochEvent, EvaluationEvent, StepEvent, TrainEvent } from './event.ts'
export { type BatchesFrom, train, type Training } from './train.ts'
