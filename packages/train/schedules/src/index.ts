export { constantRate } from './constant-rate.ts'
export type { Schedule } from './schedule.ts'
