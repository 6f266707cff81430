export { ContextLostError } from './context-loss.ts'
export { NoWebglError, useWebgl, type WebglReport } from './use-webgl.ts'
