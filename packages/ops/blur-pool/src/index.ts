export { applyBlurPool, blurPool, type BlurPoolOptions } from './blur-pool.ts'
