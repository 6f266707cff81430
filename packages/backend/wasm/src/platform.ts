import type { Threads, ThreadsOptions } from './threads.ts'

/**
 * Threads used when none are asked for, at most: beyond, handing out the work of small layers costs more than it saves.
 */
export const mostThreads = 8

/** What `useWasm` needs from Node or the browser; `#platform` in package.json chooses the file. */
export type Platform = {
  readonly cores: () => number
  /** What `compile` gives, with relaxed SIMD where the engine has it but does not show it. */
  readonly withRelaxedSimd: <T>(compile: () => T) => T
  /** Bits of the vectors that the engine computes with: 256 where it was told to join two of WebAssembly's. */
  readonly vectorBits: () => 128 | 256
  /** Why threads cannot share memory here, or undefined where they can. */
  readonly unshared: () => string | undefined
  readonly startThreads: (options: ThreadsOptions) => Promise<Threads>
}
