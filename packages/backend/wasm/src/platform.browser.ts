import {
  backend as currentBackend,
  env,
  findBackendFactory,
  registerBackend,
  removeBackend,
  setBackend,
} from '@tensorflow/tfjs-core'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { startCrew } from './crew.browser.ts'
import type { WasmHost } from './device.ts'
import { mostThreads } from './platform.ts'
import type { Platform, WasmPaths } from './platform.ts'
import { withSharedMemory } from './shared-memory.ts'

const file = 'tfjs-backend-wasm-simd.wasm'

// What the import above registered; it is still needed if the backend is removed.
const factory = findBackendFactory('wasm')

// The SIMD binary, with its memory declared shared if threads are to work on it. tfjs insists on a URL for each of its three binaries.
const start = async (url: string, shared: boolean): Promise<boolean> => {
  const response = await fetch(url)
  const binary = new Uint8Array(await response.arrayBuffer())
  // A server that answers with a page instead of "not found" is common; a module starts with \0asm.
  if (!response.ok || binary[0] !== 0 || binary[1] !== 0x61) {
    throw new Error(
      `${url} is not a WASM binary (status ${response.status}); serve ${file} of @tensorflow/tfjs-backend-wasm/wasm-out there`,
    )
  }
  const own = URL.createObjectURL(
    new Blob([(shared && withSharedMemory(binary)) || binary], { type: 'application/wasm' }),
  )
  try {
    setWasmPaths({ 'tfjs-backend-wasm.wasm': own, [file]: own, 'tfjs-backend-wasm-threaded-simd.wasm': own })
    return await setBackend('wasm')
  } finally {
    URL.revokeObjectURL(own)
  }
}

const urlOf = (paths: WasmPaths): string => (typeof paths === 'string' ? `${paths}${file}` : paths[file])

/** The browser: the SIMD binary of tfjs; on cross-origin isolated pages with its memory declared shared, and web workers for our kernels. */
export const platform: Platform = {
  threads: () =>
    globalThis.crossOriginIsolated === true ? Math.min(mostThreads, globalThis.navigator.hardwareConcurrency) : 1,
  open: async ({ paths }): Promise<WasmHost> => {
    if (!(await env().getAsync('WASM_HAS_SIMD_SUPPORT')))
      throw new Error('this browser has no WebAssembly SIMD; use another backend, such as webgl')
    // The threaded binary of tfjs starts its workers from the text of its own code, which minifiers break, and shares half of the cores.
    env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
    if (findBackendFactory('wasm') != null) removeBackend('wasm')
    registerBackend('wasm', factory)
    const shared = globalThis.crossOriginIsolated === true
    if (!(await (paths === undefined ? setBackend('wasm') : start(urlOf(paths), shared)))) {
      throw new Error(
        `tfjs could not start its WASM backend; serve ${file} of @tensorflow/tfjs-backend-wasm/wasm-out and pass its folder as useWasm({ paths })`,
      )
    }
    const backend = currentBackend() as BackendWasm
    const { memory } = (backend.wasm as unknown as { readonly asm: { readonly memory: WebAssembly.Memory } }).asm
    const workers = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer
    return {
      backend,
      memory,
      ...(workers && { startThreads: (size, module, control) => startCrew(size, module, memory, control) }),
    }
  },
}
