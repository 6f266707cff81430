import { backend, env, findBackendFactory, getBackend, setBackend } from '@tensorflow/tfjs-core'

/** A backend that the corpus can run on: how it is started, which gives in words what runs. */
export type Target = {
  readonly backend: string
  readonly start: () => Promise<string>
  /** Whose exclusions it has, where they are not those of its backend. */
  readonly known?: string
}

const useWasm = async (threads: number): Promise<string> => {
  const { useWasm } = await import('@resfn/wasm')
  const report = await useWasm({ threads })
  if (report.threads !== threads) throw new Error(`${report.threads} threads and not ${threads}: ${report.warnings}`)
  return `${report.threads === 1 ? '1 thread' : `${report.threads} threads`}, ${report.simd} SIMD`
}

/** Small tensors must not go to plain JavaScript behind the back of a test. */
const onTheDevice = (name: 'webgl' | 'webgpu'): void => env().set(`${name.toUpperCase()}_CPU_FORWARD`, false)

type Named = { readonly [name: string]: unknown }

/** The targets that are known, by name. */
export const targets: { readonly [name: string]: Target } = {
  cpu: { backend: 'cpu', start: async () => 'plain JavaScript' },
  'wasm-1': { backend: 'wasm', start: () => useWasm(1) },
  'wasm-2': { backend: 'wasm', start: () => useWasm(2) },
  webgl: {
    backend: 'webgl',
    start: async () => {
      await import('@tensorflow/tfjs-backend-webgl')
      await setBackend('webgl')
      onTheDevice('webgl')
      const { gl } = (backend() as unknown as { readonly gpgpu: { readonly gl: WebGL2RenderingContext } }).gpgpu
      const info = gl.getExtension('WEBGL_debug_renderer_info')
      return String(gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER))
    },
  },
  'webgl-resfn': {
    backend: 'webgl',
    known: 'webgl-resfn',
    start: async () => {
      const { useWebgl } = await import('@resfn/webgl')
      const { name, kernels } = await useWebgl()
      onTheDevice('webgl')
      return `${name}, ${kernels.length} kernels of resfn`
    },
  },
  webgpu: {
    backend: 'webgpu',
    start: async () => {
      await import('@tensorflow/tfjs-backend-webgpu')
      if (findBackendFactory('webgpu') === null) throw new Error('there is no WebGPU here')
      await setBackend('webgpu')
      onTheDevice('webgpu')
      const { adapterInfo } = backend() as unknown as { readonly adapterInfo: Named }
      return ['vendor', 'architecture', 'device', 'description']
        .map((name) => adapterInfo[name])
        .filter(Boolean)
        .join(' ')
    },
  },
  'webgpu-resfn': {
    backend: 'webgpu',
    known: 'webgpu-resfn',
    start: async () => {
      const { useWebgpu } = await import('@resfn/webgpu')
      const { name, kernels } = await useWebgpu()
      onTheDevice('webgpu')
      return `${name}, ${kernels.length} kernels of resfn`
    },
  },
}

/** Starts a target, and makes sure that it is what runs. */
export const startTarget = async ({ backend: name, start }: Target): Promise<string> => {
  await import('@tensorflow/tfjs-backend-cpu')
  const details = await start()
  await setBackend(name)
  if (getBackend() !== name) throw new Error(`the corpus would run on ${getBackend()} and not on ${name}`)
  return details
}

/** A target by name. */
export const targetOf = (name: string): Target => {
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined
  if (target === undefined)
    throw new RangeError(`there is no target ${name}; there are ${Object.keys(targets).join(', ')}`)
  return target
}
