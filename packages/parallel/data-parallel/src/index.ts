export { broadcastRun } from './broadcast-run.ts'
export { RanksError } from './ranks-error.ts'
export { type ExchangeOptions, type RankReplicas, replicasOf } from './replicas-of.ts'
export { syncBatchNorm, withSyncBatchNorm } from './sync-batch-norm.ts'
