export { type Checkpoint, decodeCheckpoint, encodeCheckpoint, encodeWeights } from './checkpoint.ts'
export type { CheckpointError } from './checkpoint-error.ts'
export type { Description, Json, Progress } from './metadata.ts'
export { restoreRun, restoreVariables, type Wanted } from './restore.ts'
