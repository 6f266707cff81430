export { describeBackends, type BackendName } from './backends.ts'
export { checkGradients } from './check-gradients.ts'
export { expectClose, relativeError } from './close.ts'
export { expectNoLeak } from './leak.ts'
