export type { LoadedNet } from './loaded-net.ts'
