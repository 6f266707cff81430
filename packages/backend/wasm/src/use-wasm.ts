import { platform } from '#platform'
import { engine, setBackend } from '@tensorflow/tfjs-core'
import { openDevice } from './device.ts'
import type { Device } from './device.ts'
import type { WasmPaths } from './platform.ts'
import { kernelNames, registerKernels } from './register.ts'

/** Settings of `useWasm`. */
export type WasmOptions = {
  /** Threads that work at once; default: all cores, up to 8. More than one takes a cross-origin isolated page in the browser. */
  readonly threads?: number
  /** Browser only: where tfjs-backend-wasm-simd.wasm of @tensorflow/tfjs-backend-wasm is served; default: beside the script. */
  readonly paths?: WasmPaths
}

/** What `useWasm` set up. */
export type WasmReport = {
  readonly backend: 'wasm'
  /** 'relaxed' where the engine multiplies and adds in one instruction (Node 22 and up, current browsers): faster, and rounded once. */
  readonly simd: 'relaxed' | 'strict'
  readonly threads: number
  /** Names of the kernels that are ours. */
  readonly kernels: readonly string[]
  /** Ends the threads. Not needed for a process to exit; the backend still works after it, on one thread. */
  readonly dispose: () => void
}

// The devices on backends that tfjs holds: asking again must not take the heap from under living tensors. (Looked up in tfjs's registry:
// its findBackend would start a backend that is not there yet.)
const devices = new WeakMap<object, Device>()

const open = async (paths: WasmPaths | undefined): Promise<Device> => {
  const device = openDevice(await platform.open({ ...(paths !== undefined && { paths }) }))
  registerKernels(device)
  devices.set(device.backend, device)
  return device
}

/**
 * Starts the tfjs backend 'wasm', makes it current, and registers the kernels that training needs on it. Called
 * again, it keeps the backend and its tensors and only changes the number of threads.
 *
 * @param options number of threads; in the browser, the URL of the tfjs binary
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
  const device = devices.get(engine().registry['wasm'] ?? {}) ?? (await open(paths))
  await setBackend('wasm')
  await device.setThreads(threads)
  const dispose = (): void => void device.setThreads(1)
  return {
    backend: 'wasm',
    simd: device.relaxed ? 'relaxed' : 'strict',
    threads: device.threads,
    kernels: kernelNames,
    dispose,
  }
}
