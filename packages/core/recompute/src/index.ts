export { recompute } from './recompute.ts'
