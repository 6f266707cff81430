export { type Checkpoint, decodeCheckpoint, encodeCheckpoint, encodeWeights } from './checkpoint.ts'
export type { CheckpointError } from './checkpoint-error.ts'
export { type Description, encodeMetadata, type Json, type Progress } from './metadata.ts'
export { planOf, type RestoreOptions, restoreRun, restoreVariables } from './restore.ts'
