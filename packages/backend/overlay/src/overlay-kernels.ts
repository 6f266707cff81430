import {
  getKernel,
  getKernelsForBackend,
  type KernelBackend,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core'
import { composedKernel } from '@resfn/primitive'
import type { KernelInputs, OwnKernel, OwnKernels } from './own-kernel.ts'
import { freeingOnFailure, noteOwnership } from './ownership.ts'
import { UnsupportedInputsError } from './unsupported-inputs.ts'

/** Kernels of ours that lie over those of a backend. */
export type Overlay = {
  /** The names of the kernels that are ours. */
  readonly kernelNames: readonly string[]
  /** Puts back what was there before. */
  readonly undo: () => void
}

const laid = new Map<string, Overlay>()

/**
 * Ours first, then the kernel that it replaces, then the portable form of the primitive. The form is looked up at the
 * call, because primitives make theirs known when they first run.
 */
const withFallback =
  <D>(own: OwnKernel<D>, device: D, { kernelName, backendName, kernelFunc }: Partial<KernelConfig>): KernelFunc =>
  (parameters) => {
    const inputs = parameters.inputs as KernelInputs
    const outputs = own(device, inputs, parameters.attrs ?? {})
    if (outputs !== undefined) return outputs as ReturnType<KernelFunc>
    const other = kernelFunc ?? composedKernel(kernelName!)
    if (other === undefined) throw new UnsupportedInputsError({ kernel: kernelName!, backend: backendName!, inputs })
    return other(parameters)
  }

const replaceKernel = (kernel: KernelConfig): void => {
  if (getKernel(kernel.kernelName, kernel.backendName) != null) unregisterKernel(kernel.kernelName, kernel.backendName)
  registerKernel(kernel)
}

/**
 * Lays kernels of ours over those of a backend. Each call runs ours; what ours declines goes to the kernel that was
 * registered before, or else to the portable form of the primitive of that name, or else is an
 * `UnsupportedInputsError`. All kernels of the backend, ours and its own, then free what they made if they fail.
 *
 * A backend has one overlay: laying another takes the first one away.
 *
 * @param backendName the name under which tfjs has the backend
 * @param device what the kernels run on; its `backend` is the one that tfjs has under that name
 * @param kernels our kernels by name
 * @returns the names, and how to undo it
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { floatKernel, overlayKernels } from '@resfn/overlay'
 *
 * await tf.setBackend('cpu')
 * const { undo } = overlayKernels('cpu', { backend: tf.backend() }, {
 *   Relu: floatKernel(['x'], ({ backend }, { x }) => {
 *     const values = (backend.readSync(x.dataId) as Float32Array).map((value) => Math.max(value, 0) + 100)
 *     return { dataId: backend.write(values, x.shape, 'float32'), shape: x.shape, dtype: 'float32' }
 *   }),
 * })
 * assert.deepEqual([...tf.relu([-1, 2]).dataSync()], [100, 102])
 * assert.deepEqual([...tf.relu(tf.tensor([-1, 2], [2], 'int32')).dataSync()], [0, 2])
 * undo()
 * assert.deepEqual([...tf.relu([-1, 2]).dataSync()], [0, 2])
 * ```
 */
export const overlayKernels = <D extends { readonly backend: KernelBackend }>(
  backendName: string,
  device: D,
  kernels: OwnKernels<D>,
): Overlay => {
  laid.get(backendName)?.undo()
  noteOwnership(device.backend)
  const replaced = new Map(getKernelsForBackend(backendName).map((kernel) => [kernel.kernelName, kernel]))
  const now = [...new Set([...replaced.keys(), ...Object.keys(kernels)])].map((kernelName): KernelConfig => {
    const present = replaced.get(kernelName)
    const own = kernels[kernelName]
    const kernelFunc =
      own === undefined ? present!.kernelFunc : withFallback(own, device, { ...present, kernelName, backendName })
    // The set-up functions of tfjs bind its own kernels to the backend: they must stay for the fall-back.
    return { ...present, kernelName, backendName, kernelFunc: freeingOnFailure(kernelFunc) }
  })
  now.forEach(replaceKernel)
  const overlay: Overlay = {
    kernelNames: Object.keys(kernels),
    undo: () => {
      if (laid.get(backendName) !== overlay) return
      laid.delete(backendName)
      for (const { kernelName, kernelFunc } of now) {
        // Whoever has registered another kernel since keeps it.
        if (getKernel(kernelName, backendName)?.kernelFunc !== kernelFunc) continue
        unregisterKernel(kernelName, backendName)
        const former = replaced.get(kernelName)
        if (former !== undefined) registerKernel(former)
      }
    },
  }
  laid.set(backendName, overlay)
  return overlay
}
