export type { Collective, Wire } from './collective.ts'
export type { CollectiveError } from './error.ts'
export { single } from './single.ts'
