import { availableParallelism } from 'node:os'
import type { Platform } from './platform.ts'
import { startThreads } from './threads.node.ts'

/** Node: worker threads. */
export const platform: Platform = { cores: availableParallelism, unshared: () => undefined, startThreads }
