import { platform } from '#platform'
import { findBackendFactory, setBackend } from '@tensorflow/tfjs-core'
import type { Adapter, Adapters, Started } from './adapter.ts'
import { environment } from './environment.ts'

// Bundlers take an import with a handler as one that may be missing, as the optional peers may.
const rethrow = (error: unknown): never => {
  throw error
}

/** Makes a backend of tfjs current; its package registers it on import, unless the app has done so. */
const start = async (name: string, load: () => Promise<unknown>, details: string): Promise<Started> => {
  if (findBackendFactory(name) === null) {
    await load()
    if (findBackendFactory(name) === null) throw new Error('its package does not run here')
  }
  if (!(await setBackend(name))) throw new Error('tfjs could not start it here')
  return { details }
}

/** A backend of a GPU with our kernels on it; its package says what it started. */
const onGpu = (
  use: () => Promise<{
    readonly name: string
    readonly software: boolean
    readonly kernels: readonly string[]
    readonly warnings: readonly string[]
  }>,
  packages: string,
): Adapter => ({
  automatic: ['browser'],
  packages,
  start: async () => {
    const { name, software, kernels, warnings } = await use()
    return {
      details: `${name}, ${kernels.length} kernels of resfn`,
      warnings,
      unfit: software ? `it computes in software (${name}), which is slower than WASM` : undefined,
    }
  },
})

const webgl = onGpu(async () => (await import('@resfn/webgl').catch(rethrow)).useWebgl(), '@resfn/webgl')

/** In Node it is tried by name alone. */
const webgpu = onGpu(
  async () => (await import('@resfn/webgpu').catch(rethrow)).useWebgpu(),
  environment() === 'node' ? '@resfn/webgpu webgpu' : '@resfn/webgpu',
)

/** By name alone: loading the library takes about a second, more than an automatic choice may take. */
const native: Adapter = {
  automatic: [],
  // The install script of the latter fetches an old library, and undoes the installation where it cannot.
  packages: '--ignore-scripts @resfn/native @tensorflow/tfjs-node',
  start: async ({ threads }) => {
    const { tensorflow, device, kernels } = await platform.useNative(threads === undefined ? {} : { threads })
    return { details: `TensorFlow ${tensorflow} on ${device}, ${kernels.length} kernels of resfn` }
  },
}

const wasm: Adapter = {
  automatic: ['node', 'browser'],
  packages: '@resfn/wasm',
  start: async ({ threads }) => {
    const { useWasm } = await import('@resfn/wasm').catch(rethrow)
    const started = await useWasm(threads === undefined ? {} : { threads })
    const count = started.threads === 1 ? '1 thread' : `${started.threads} threads`
    return {
      details: `${count}, ${started.simd === 'relaxed' ? 'relaxed SIMD' : 'SIMD'}, ${started.kernels.length} kernels of resfn`,
      threads: started.threads,
      simd: started.simd,
      warnings: started.warnings,
      dispose: started.dispose,
    }
  },
}

const cpu: Adapter = {
  automatic: ['node', 'browser'],
  packages: '@tensorflow/tfjs-backend-cpu',
  start: () => start('cpu', () => import('@tensorflow/tfjs-backend-cpu').catch(rethrow), 'plain JavaScript, slow'),
  lastResort: 'plain JavaScript trains tens of times slower than WASM',
}

/** The backends that are known, fastest first. Add a row to make another one known: `{ ...adapters, mine }`. */
export const adapters: Adapters = { native, webgl, webgpu, wasm, cpu }
