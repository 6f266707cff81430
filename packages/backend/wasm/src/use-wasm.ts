import { platform } from '#platform'
import { openDevice } from './device.ts'
import type { WasmPaths } from './platform.ts'
import { kernelNames, registerKernels } from './register.ts'

/** Settings of `useWasm`. */
export type WasmOptions = {
  /** Threads that work at once; default: all cores in Node, 1 in the browser unless the page is cross-origin isolated. */
  readonly threads?: number
  /** Browser only: where the .wasm files of @tensorflow/tfjs-backend-wasm are served. */
  readonly paths?: WasmPaths
}

/** What `useWasm` set up. */
export type WasmReport = {
  readonly backend: 'wasm'
  readonly simd: true
  readonly threads: number
  /** Names of the kernels that are ours. */
  readonly kernels: readonly string[]
  /** Ends the threads. Not needed for a process to exit; the backend still works after it, on one thread. */
  readonly dispose: () => void
}

/**
 * Starts the tfjs backend 'wasm', makes it current, and registers the kernels that training needs on it.
 *
 * @param options number of threads; in the browser, the URLs of the tfjs binaries
 * @returns what was set up
 * @throws RangeError if `threads` is not a positive integer; Error if the binary cannot be started
 * @example
 * ```ts
 * import { useWasm } from '@resfn/wasm'
 *
 * const { threads } = await useWasm({ threads: 1 })
 * console.log(threads) // 1
 * ```
 */
export const useWasm = async ({ threads = platform.threads(), paths }: WasmOptions = {}): Promise<WasmReport> => {
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
    throw new RangeError(`threads must be an integer from 1 to 64, got ${threads}`)
  }
  const device = await openDevice(await platform.open({ threads, ...(paths !== undefined && { paths }) }))
  registerKernels(device)
  return { backend: 'wasm', simd: true, threads: device.threads, kernels: kernelNames, dispose: device.dispose }
}
