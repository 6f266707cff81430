import { availableParallelism } from 'node:os'
import type { Platform } from './platform.ts'
import { startThreads } from './threads.node.ts'

// Node 22 knows the flag, but does not join the vectors of our products.
const joinsVectors = (): boolean =>
  process.arch === 'x64' &&
  Number.parseInt(process.versions.node) >= 24 &&
  process.execArgv.some((flag) => flag.replaceAll('_', '-') === '--experimental-wasm-revectorize')

/** Node: worker threads. */
export const platform: Platform = {
  cores: availableParallelism,
  vectorBits: () => (joinsVectors() ? 256 : 128),
  unshared: () => undefined,
  startThreads,
}
