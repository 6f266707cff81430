import { type TensorInfo, util } from '@tensorflow/tfjs-core'
import { contractInputs, type Contracts } from '@resfn/primitive'

/** The inputs of a kernel by name; those that may be left out are null or undefined then. */
export type KernelInputs = { readonly [name: string]: TensorInfo | null | undefined }

/** What a kernel made: one tensor, or several. */
export type KernelOutputs = TensorInfo | readonly TensorInfo[]

/**
 * A kernel of ours, from a device `D`, inputs and attributes to outputs; undefined leaves these inputs to the kernel
 * that it replaces, and then nothing may have been made.
 */
export type OwnKernel<D> = (device: D, inputs: KernelInputs, attributes: object) => KernelOutputs | undefined

/** The kernels of a backend, by the names of tfjs or of `@resfn/primitive`. */
export type OwnKernels<D> = { readonly [kernelName: string]: OwnKernel<D> }

/** Whether a tensor is float32 and not empty. */
export const isFloat = (tensor: TensorInfo | null | undefined): tensor is TensorInfo =>
  tensor?.dtype === 'float32' && util.sizeFromShape([...tensor.shape]) > 0

/** Whether a tensor is a float32 vector of one value a channel. */
export const isPerChannel = (tensor: TensorInfo | null | undefined, channels: number): tensor is TensorInfo =>
  isFloat(tensor) && tensor.shape.length === 1 && tensor.shape[0] === channels

/**
 * A kernel for inputs that are float32 and not empty; others are left to the kernel that it replaces.
 *
 * @param names the inputs that must be so
 * @param run the kernel: it gets these by name, and what else there is (a bias) as it comes
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { floatKernel } from '@resfn/overlay'
 *
 * const shapes: number[][] = []
 * const kernel = floatKernel(['x'], (_device: object, { x }) => void shapes.push(x.shape))
 * kernel({}, { x: { dataId: {}, shape: [2], dtype: 'int32' } }, {})
 * kernel({}, { x: { dataId: {}, shape: [3], dtype: 'float32' } }, {})
 * assert.deepEqual(shapes, [[3]])
 * ```
 */
export const floatKernel =
  <D, N extends string, A extends object>(
    names: readonly N[],
    run: (
      device: D,
      inputs: { readonly [name in N]: TensorInfo } & KernelInputs,
      attributes: A,
    ) => KernelOutputs | undefined,
  ): OwnKernel<D> =>
  (device, inputs, attributes) =>
    names.every((name) => isFloat(inputs[name]))
      ? run(device, inputs as { readonly [name in N]: TensorInfo } & KernelInputs, attributes as A)
      : undefined

/**
 * The kernel of a primitive, with the types of its contract; inputs that are not float32, or empty, are left to the
 * portable form.
 *
 * @param name the primitive, `BatchNormTrain` say
 * @param run the kernel
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { primitiveKernel } from '@resfn/overlay'
 *
 * const kernel = primitiveKernel('ReluGrad', (_device: object, { dy }) => [dy])
 * const y = { dataId: {}, shape: [2], dtype: 'float32' } as const
 * assert.equal(kernel({}, { y: { ...y, shape: [2] } }, {}), undefined)
 * ```
 */
export const primitiveKernel = <D, N extends keyof Contracts>(
  name: N,
  run: (
    device: D,
    inputs: Contracts<TensorInfo>[N]['inputs'],
    settings: Contracts[N]['settings'],
  ) => Contracts<TensorInfo>[N]['outputs'] | undefined,
): OwnKernel<D> =>
  floatKernel(contractInputs[name], (device: D, inputs, settings) =>
    run(device, inputs as Contracts<TensorInfo>[N]['inputs'], settings as Contracts[N]['settings']),
  )
