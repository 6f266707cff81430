export {
  applyAvgPool,
  applyGlobalAvgPool,
  applyMaxPool,
  avgPool,
  globalAvgPool,
  maxPool,
  type PoolOptions,
} from './pool.ts'
