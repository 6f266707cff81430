import { platform } from '#platform'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { engine, env, findBackendFactory, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core'
import { overlayKernels } from '@resfn/overlay'
import { type Device, openDevice } from './device.ts'
import { DeviceError, DeviceLostError, NoGpuError } from './errors.ts'
import { kernels } from './kernels.ts'

/** Settings of `useWebgpu`. */
export type WebgpuOptions = {
  /** Which GPU, where there are several: the faster one by default. */
  readonly powerPreference?: 'high-performance' | 'low-power'
}

/** What `useWebgpu` set up. */
export type WebgpuReport = {
  readonly backend: 'webgpu'
  /** What WebGPU says of the GPU; browsers leave some of it empty. */
  readonly adapter: {
    readonly vendor: string
    readonly architecture: string
    readonly device: string
    readonly description: string
  }
  /** The GPU in a few words, `nvidia ampere, NVIDIA A100`; with `(software)` where it is a program on the CPU. */
  readonly name: string
  /** Whether the adapter computes on the CPU: slower than WASM, and right to test with. */
  readonly software: boolean
  /** Names of the kernels that are ours. */
  readonly kernels: readonly string[]
  /** What is slow, and what to do; mostly empty. */
  readonly warnings: readonly string[]
  /** Resolves when the GPU is lost, and not before; from then on kernels and reads throw that error. */
  readonly lost: Promise<DeviceLostError>
  /** Gives the GPU back. Not needed for a process to exit. */
  readonly dispose: () => void
}

type Opened = Omit<WebgpuReport, 'dispose'> & { readonly device: Device }

const limits = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const

const requestDevice = (adapter: GPUAdapter): Promise<GPUDevice> =>
  adapter.requestDevice({
    requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : [],
    requiredLimits: Object.fromEntries(limits.map((name) => [name, adapter.limits[name]])),
  })

const isSoftware = (info: GPUAdapterInfo): boolean =>
  (info as { readonly isFallbackAdapter?: boolean }).isFallbackAdapter === true ||
  /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|warp/i.test(
    [info.vendor, info.architecture, info.device, info.description].join(' '),
  )

const nameOf = ({ vendor, architecture, device, description }: GPUAdapterInfo): string =>
  [[vendor, architecture].filter((word) => word !== '').join(' '), description || device]
    .filter((part) => part !== '')
    .join(', ') || 'an adapter that does not tell its name'

/** What the GPU refused; a refusal is told once, a loss from then on. */
type Faults = {
  readonly lost: () => Error | undefined
  readonly take: () => Error | undefined
  /** Resolves when it is known whether the GPU is lost: reads of a lost one may fail before it is said to be. */
  readonly settled: () => Promise<unknown>
}

/** Reads throw what the GPU refused before, because a buffer that was not written holds zeros. */
const guardReads = (backend: Device['backend'], { take, settled }: Faults): void => {
  const read = backend.read.bind(backend)
  backend.read = async (data) => {
    const found = await read(data).catch(async (error: unknown) => {
      await settled()
      throw take() ?? error
    })
    const fault = take()
    if (fault !== undefined) throw fault
    return found
  }
}

const watch = (gpu: GPUDevice): Faults & { readonly whenLost: Promise<DeviceLostError> } => {
  let lost: DeviceLostError | undefined
  let refused: DeviceError | undefined
  gpu.addEventListener('uncapturederror', ({ error }) => {
    const tag = error instanceof GPUOutOfMemoryError ? 'OutOfMemory' : 'KernelFailed'
    refused ??= new DeviceError(tag, error.message)
  })
  return {
    settled: () => Promise.race([gpu.lost, new Promise((resolve) => setTimeout(resolve, 100))]),
    whenLost: gpu.lost.then(({ reason, message }) => (lost = new DeviceLostError({ reason, message }))),
    lost: () => lost,
    take: () => {
      const fault = lost ?? refused
      refused = undefined
      return fault
    },
  }
}

/** Whoever lets tfjs compile without computing waits with this for its programs: ours join them. */
const joinCompilation = (backend: WebGPUBackend, { compiled }: Device): void => {
  const ofTfjs = backend.checkCompileCompletionAsync
  const { pipelineCache } = backend as unknown as { readonly pipelineCache: { [key: string]: unknown } }
  backend.checkCompileCompletionAsync = async () => {
    try {
      await Promise.all([ofTfjs.call(backend), compiled()])
    } catch (error) {
      // What is not compiled is compiled, and refused, again at its next use.
      for (const key of Object.keys(pipelineCache)) if (pipelineCache[key] instanceof Promise) delete pipelineCache[key]
      throw error
    }
  }
}

const open = async ({ powerPreference = 'high-performance' }: WebgpuOptions): Promise<Opened> => {
  const entry = await platform.openGpu()
  if ('missing' in entry) throw new NoGpuError(entry.missing)
  // The package of tfjs looks for navigator.gpu at import.
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu')
  const adapter = await entry.gpu.requestAdapter({ powerPreference })
  if (adapter === null) throw new NoGpuError(`WebGPU gives no adapter: ${platform.remedy}`)
  const gpu = await requestDevice(adapter)
  const { info } = adapter
  const faults = watch(gpu)
  const backend = new WebGPUBackend(gpu, info)
  guardReads(backend, faults)
  if (findBackendFactory('webgpu') != null) removeBackend('webgpu')
  registerBackend('webgpu', () => backend)
  const device = openDevice(backend, faults.lost)
  joinCompilation(backend, device)
  // Submitting costs more than a kernel of a small net; 15 is the value of tfjs.
  env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', 64)
  const { kernelNames } = overlayKernels('webgpu', device, kernels)
  const software = isSoftware(info)
  const { vendor, architecture, device: id, description } = info
  return {
    backend: 'webgpu',
    adapter: { vendor, architecture, device: id, description },
    name: software ? `${nameOf(info)} (software)` : nameOf(info),
    software,
    kernels: kernelNames,
    warnings: software
      ? [`${nameOf(info)} computes on the CPU, slower than WASM: use wasm, or install the driver of the GPU`]
      : [],
    lost: faults.whenLost,
    device,
  }
}

// The device on the backend that tfjs holds: asking again must not take living tensors from their GPU.
const opened = new WeakMap<object, Opened>()

let last: Promise<unknown> = Promise.resolve()
const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
  const next = last.then(task)
  last = next.catch(() => undefined)
  return next
}

/**
 * Starts the tfjs backend 'webgpu', makes it current, and registers our kernels on it: in a browser, and in Node with
 * the package `webgpu` (Dawn) beside this one. Called again, it keeps the device and its tensors.
 *
 * Tensors are read with `await tensor.data()`: WebGPU has no reads that block, and in Node `dataSync` throws.
 *
 * @param options which GPU
 * @returns what was set up: the name of the GPU, and whether it is one
 * @throws NoGpuError if there is no WebGPU here, or no adapter
 * @example
 * ```ts
 * import { NoGpuError, useWebgpu } from '@resfn/webgpu'
 *
 * try {
 *   const { name, software } = await useWebgpu()
 *   console.log(name, software)
 * } catch (error) {
 *   if (!(error instanceof NoGpuError)) throw error
 *   console.log(error.message)
 * }
 * ```
 */
export const useWebgpu = (options: WebgpuOptions = {}): Promise<WebgpuReport> =>
  inTurn(async () => {
    const present = opened.get(engine().registry['webgpu'] ?? {})
    const { device, ...report } = present ?? (await open(options))
    opened.set(device.backend, { device, ...report })
    await setBackend('webgpu')
    return { ...report, dispose: () => device.backend.device.destroy() }
  })
