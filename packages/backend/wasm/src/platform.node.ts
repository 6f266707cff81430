import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { findBackendFactory, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core'
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { startCrew } from './crew.node.ts'
import type { WasmHost } from './device.ts'
import { mostThreads } from './platform.ts'
import type { Platform } from './platform.ts'
import { withSharedMemory } from './shared-memory.ts'

type Module = BackendWasm['wasm'] & {
  readonly asm: { readonly memory: WebAssembly.Memory }
  readonly cwrap: (name: string, result: 'number' | null, args: readonly 'number'[]) => never
}
type Factory = (config: { readonly wasmBinary: Uint8Array }) => Promise<Module>

const events = ['uncaughtException', 'unhandledRejection'] as const

// The start-up code of the binary installs handlers for uncaught errors that only rethrow; the process keeps its own ways instead.
const withoutNewHandlers = async <T>(start: () => Promise<T>): Promise<T> => {
  const before = new Map(events.map((event) => [event, new Set(process.listeners(event as 'uncaughtException'))]))
  try {
    return await start()
  } finally {
    for (const event of events)
      for (const listener of process.listeners(event as 'uncaughtException'))
        if (!before.get(event)!.has(listener)) process.removeListener(event, listener)
  }
}

const loadModule = async (): Promise<Module> => {
  const require = createRequire(import.meta.url)
  const folder = require.resolve('@tensorflow/tfjs-backend-wasm/package.json').replace(/package\.json$/, 'wasm-out/')
  const factory = require(`${folder}tfjs-backend-wasm.js`) as Factory
  const binary = await readFile(`${folder}tfjs-backend-wasm-simd.wasm`)
  const module = await withoutNewHandlers(() => factory({ wasmBinary: withSharedMemory(binary) ?? binary }))
  // The bridge that tfjs's own loader adds.
  module.tfjs = {
    init: module.cwrap('init', null, []),
    initWithThreadsCount: module.cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: module.cwrap('get_threads_count', 'number', []),
    registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: module.cwrap('dispose_data', null, ['number']),
    dispose: module.cwrap('dispose', null, []),
  }
  return module
}

/** Node: the SIMD binary of tfjs with its memory declared shared, and worker threads for our kernels. */
export const platform: Platform = {
  threads: () => Math.min(mostThreads, availableParallelism()),
  open: async (): Promise<WasmHost> => {
    const module = await loadModule()
    const { memory } = module.asm
    const backend = new BackendWasm(module)
    if (findBackendFactory('wasm') != null) removeBackend('wasm')
    registerBackend('wasm', () => backend)
    await setBackend('wasm')
    const shared = memory.buffer instanceof SharedArrayBuffer
    return {
      backend,
      memory,
      ...(shared && { startThreads: (size, routines, control) => startCrew(size, routines, memory, control) }),
    }
  },
}
