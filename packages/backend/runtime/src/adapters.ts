import { platform } from '#platform'
import { backend, findBackendFactory, setBackend } from '@tensorflow/tfjs-core'
import type { Adapter, Adapters, Started } from './adapter.ts'
import { guardContext, type WithContext } from './context-loss.ts'
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

type WebglBackend = {
  readonly gpgpu?: {
    readonly gl: {
      readonly getExtension: (name: string) => { readonly UNMASKED_RENDERER_WEBGL: number } | null
      readonly getParameter: (name: number) => unknown
    }
  }
}

const rendererOf = ({ gpgpu }: WebglBackend): string => {
  const extension = gpgpu?.gl.getExtension('WEBGL_debug_renderer_info')
  return extension == null ? '' : String(gpgpu?.gl.getParameter(extension.UNMASKED_RENDERER_WEBGL))
}

/** WebGL does not say whether it draws on the CPU; the names of those programs do. */
const isSoftware = (renderer: string): boolean => /swiftshader|llvmpipe|software|basic render/i.test(renderer)

const webgl: Adapter = {
  automatic: ['browser'],
  packages: '@tensorflow/tfjs-backend-webgl',
  start: async () => {
    await start('webgl', () => import('@tensorflow/tfjs-backend-webgl').catch(rethrow), 'WebGL')
    guardContext(backend() as WithContext)
    const renderer = rendererOf(backend() as unknown as WebglBackend)
    return {
      details: renderer || 'WebGL',
      unfit: isSoftware(renderer) ? `it draws in software (${renderer}), which is slower than WASM` : undefined,
    }
  },
}

/** In Node it is tried by name alone. */
const webgpu: Adapter = {
  automatic: ['browser'],
  packages: environment() === 'node' ? '@resfn/webgpu webgpu' : '@resfn/webgpu',
  start: async () => {
    const { useWebgpu } = await import('@resfn/webgpu').catch(rethrow)
    const { name, software, kernels, warnings } = await useWebgpu()
    return {
      details: `${name}, ${kernels.length} kernels of resfn`,
      warnings,
      unfit: software ? 'it computes in software, which is slower than WASM' : undefined,
    }
  },
}

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
