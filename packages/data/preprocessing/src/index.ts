export type { Pixels } from './pixels.ts'
export type { Preprocessing } from './preprocessing.ts'
