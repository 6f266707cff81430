export { applyAvgPool, avgPool, type AvgPoolOptions } from './avg-pool.ts'
export { applyGemPool, gemPool, type GemPoolOptions, type GemPoolParams } from './gem-pool.ts'
export {
  applyAvgMaxPool,
  applyCatAvgMaxPool,
  applyGlobalAvgPool,
  applyGlobalMaxPool,
  avgMaxPool,
  catAvgMaxPool,
  globalAvgPool,
  globalMaxPool,
} from './global-pool.ts'
export { applyMaxPool, maxPool } from './max-pool.ts'
export type { PoolOptions } from './window.ts'
