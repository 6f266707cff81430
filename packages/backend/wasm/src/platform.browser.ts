import { backend as currentBackend, removeBackend, registerBackend, setBackend, findBackendFactory } from '@tensorflow/tfjs-core'
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import type { Ground } from './device.ts'
import type { Platform } from './platform.ts'

type Memories = { readonly asm?: { readonly memory?: WebAssembly.Memory }; readonly wasmMemory?: WebAssembly.Memory }

/** The browser: tfjs loads its own binary (the threaded one on cross-origin isolated pages); our kernels run on its thread. */
export const platform: Platform = {
  threads: () => (globalThis.crossOriginIsolated === true ? globalThis.navigator.hardwareConcurrency : 1),
  open: async ({ threads, paths }): Promise<Ground> => {
    if (paths !== undefined) setWasmPaths(paths as string)
    setThreadsCount(threads)
    const factory = findBackendFactory('wasm')
    removeBackend('wasm')
    registerBackend('wasm', factory)
    if (!(await setBackend('wasm'))) {
      throw new Error(
        'tfjs could not start its WASM backend; serve the .wasm files of @tensorflow/tfjs-backend-wasm and pass their folder as useWasm({ paths })',
      )
    }
    const backend = currentBackend() as BackendWasm
    const { asm, wasmMemory } = backend.wasm as Memories
    const memory = wasmMemory ?? asm?.memory
    if (memory === undefined) throw new Error('the WASM backend of tfjs does not show its memory; @tensorflow/tfjs-backend-wasm 4.22 does')
    return { backend, memory }
  },
}
