export { type Checkpoint, decodeCheckpoint, encodeCheckpoint, encodeWeights } from './checkpoint.ts'
export type { CheckpointError } from './checkpoint-error.ts'
export type { Description, Json, Progress } from './metadata.ts'
export { type RestoreOptions, restoreRun, restoreVariables } from './restore.ts'
