import { type Device, openDevice, type NodeBackend } from './device.ts'
import { kernels } from './kernels.ts'
import { overlayKernels } from '@resfn/overlay'
import { backendName, loadBackend, type Loaded } from './load.ts'

/** Settings of `useNative`. */
export type NativeOptions = {
  /**
   * Threads that compute one operation; all cores by default. TensorFlow reads it when it starts, so once a process.
   */
  readonly threads?: number
  /** Where `setupNative` keeps its addons; the user's cache by default. */
  readonly folder?: string
}

/** What `useNative` set up. */
export type NativeReport = {
  /** The name under which tfjs has the backend. */
  readonly backend: 'tensorflow'
  /** The device that holds a result of a convolution, as TensorFlow names it: `CPU:0`, `GPU:0`. */
  readonly device: string
  readonly gpu: boolean
  /** The version that the library says it has. */
  readonly tensorflow: string
  /** Who built or started it: `resfn setup native`, the package of tfjs, or the app. */
  readonly source: Loaded['source']
  /** Names of the kernels that are ours. */
  readonly kernels: readonly string[]
}

/** The device of a result: TensorFlow places each operation itself, so one is run. */
const deviceOf = ({ backend, run, write, dispose, gpu }: Device): string => {
  const { binding } = backend
  if (binding.tensorDevice === undefined) return gpu ? 'GPU' : 'CPU'
  const one = write(Float32Array.of(1), [1, 1, 1, 1])
  const [y] = run('Conv2D', { strides: { ints: [1, 1, 1, 1] }, padding: { string: 'VALID' } }, [one, one])
  const [id] = backend.getInputTensorIds([y!])
  const name = binding.tensorDevice(id!)
  for (const tensor of [one, y!]) dispose(tensor)
  return /device:(.+)$/.exec(name)?.[1] ?? name
}

const opened = new WeakMap<NodeBackend, NativeReport>()

/**
 * Starts the tfjs backend 'tensorflow' (TensorFlow's own library, through an addon of Node), makes it current, and
 * registers our kernels on it. The addon is the one that `resfn setup native` built, or else that of
 * `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`; called again, all stays as it is.
 *
 * @param options `threads` of the CPU
 * @returns what was set up: the device that TensorFlow uses, its version, where the addon comes from
 * @throws NativeError if the package or its addon is missing, or does not load; the message says what to do
 * @example
 * ```ts
 * import { NativeError, useNative } from '@resfn/native'
 *
 * try {
 *   const { device, tensorflow } = await useNative()
 *   console.log(`TensorFlow ${tensorflow} on ${device}`)
 * } catch (error) {
 *   if (!(error instanceof NativeError)) throw error
 *   console.log(error.message)
 * }
 * ```
 */
export const useNative = async ({ threads, folder }: NativeOptions = {}): Promise<NativeReport> => {
  const { backend, source } = await loadBackend(folder, threads)
  const present = opened.get(backend)
  if (present !== undefined) return present
  const device = openDevice(backend)
  const { kernelNames } = overlayKernels(backendName, device, kernels)
  const report: NativeReport = {
    backend: backendName,
    device: deviceOf(device),
    gpu: device.gpu,
    tensorflow: backend.binding.TF_Version,
    source,
    kernels: kernelNames,
  }
  opened.set(backend, report)
  return report
}
