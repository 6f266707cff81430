export { avgPool, globalAvgPool, maxPool, type PoolOptions } from './pool.ts'
