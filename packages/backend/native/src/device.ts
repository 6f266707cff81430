import { engine, type KernelBackend, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core'
import { noteData } from '@resfn/overlay'

/** What of the addon is used here. */
export type Binding = {
  readonly TF_Version: string
  readonly TF_FLOAT: number
  readonly TF_INT32: number
  readonly TF_ATTR_STRING: number
  readonly TF_ATTR_INT: number
  readonly TF_ATTR_FLOAT: number
  readonly TF_ATTR_BOOL: number
  readonly TF_ATTR_TYPE: number
  readonly isUsingGpuDevice: () => boolean
  readonly executeOp: (
    name: string,
    attributes: readonly object[],
    inputs: readonly number[],
    outputs: number,
  ) => readonly { readonly id: number; readonly shape: number[]; readonly dtype: number }[]
  readonly deleteTensor: (id: number) => void
  readonly getNumOfTensors: () => number
  /** The device that holds a tensor, as TensorFlow names it; only addons built by `resfn setup native` have it. */
  readonly tensorDevice?: (id: number) => string
}

/** What of the backend of tfjs is used here; it calls some of it private. */
export type NodeBackend = KernelBackend & {
  readonly binding: Binding
  readonly tensorMap: { readonly set: (data: object, entry: object) => void }
  readonly applyActivation: (
    x: Tensor,
    activation: string,
    slope: TensorInfo | null | undefined,
    leakyreluAlpha: number | undefined,
  ) => Tensor
  readonly getInputTensorIds: (tensors: readonly TensorInfo[]) => number[]
}

/** The attributes of an operation of TensorFlow, by name. */
export type Attributes = { readonly [name: string]: Attribute }
type Attribute =
  | { readonly type: number }
  | { readonly string: string }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | boolean

/** What the kernels run on. */
export type Device = {
  readonly backend: NodeBackend
  /** Whether operations run on a GPU. */
  readonly gpu: boolean
  /**
   * Runs an operation of TensorFlow on float32 tensors, and gives the first outputs as float32 tensors.
   *
   * @param outputs how many outputs are wanted, and how many the operation has, where it has more
   */
  readonly run: (
    name: string,
    attributes: Attributes,
    inputs: readonly TensorInfo[],
    outputs?: { readonly wanted: number; readonly all: number },
  ) => readonly TensorInfo[]
  /** A new tensor of these float32 values. */
  readonly write: (values: Float32Array, shape: readonly number[]) => TensorInfo
  readonly writeInts: (values: readonly number[]) => TensorInfo
  /** The same values in another shape. */
  readonly reshape: (tensor: TensorInfo, shape: readonly number[]) => TensorInfo
  readonly dispose: (tensor: TensorInfo) => void
}

/** Makes a backend ready for operations of ours. */
export const openDevice = (backend: NodeBackend): Device => {
  const { binding } = backend
  const attribute = ([name, value]: [string, Attribute]): object => {
    if (typeof value === 'boolean') return { name, type: binding.TF_ATTR_BOOL, value }
    if ('type' in value) return { name, type: binding.TF_ATTR_TYPE, value: value.type }
    if ('string' in value) return { name, type: binding.TF_ATTR_STRING, value: value.string }
    if ('float' in value) return { name, type: binding.TF_ATTR_FLOAT, value: value.float }
    return { name, type: binding.TF_ATTR_INT, value: value.ints }
  }
  const write = (
    values: Float32Array | Int32Array,
    shape: readonly number[],
    dtype: 'float32' | 'int32',
  ): TensorInfo => ({
    dataId: backend.write(values, [...shape], dtype),
    shape: [...shape],
    dtype,
  })
  const run: Device['run'] = (name, attributes, inputs, { wanted, all } = { wanted: 1, all: 1 }) => {
    const list = Object.entries({ T: { type: binding.TF_FLOAT }, ...attributes }).map(attribute)
    const made = binding.executeOp(name, list, backend.getInputTensorIds(inputs), all)
    return made.flatMap(({ id, shape, dtype }, i): TensorInfo[] => {
      if (i >= wanted) {
        binding.deleteTensor(id)
        return []
      }
      const dataId = {}
      backend.tensorMap.set(dataId, { shape, dtype, id, values: null, refCount: 1 })
      noteData(backend, dataId)
      return [{ dataId, shape, dtype: 'float32' }]
    })
  }
  const writeInts: Device['writeInts'] = (values) => write(Int32Array.from(values), [values.length], 'int32')
  const dispose: Device['dispose'] = ({ dataId }) => void backend.disposeData(dataId)
  return {
    backend,
    gpu: binding.isUsingGpuDevice(),
    run,
    write: (values, shape) => write(values, shape, 'float32'),
    writeInts,
    dispose,
    reshape: (tensor, shape) => {
      const sizes = writeInts(shape)
      const [shaped] = run('Reshape', { Tshape: { type: binding.TF_INT32 } }, [tensor, sizes])
      dispose(sizes)
      return shaped!
    },
  }
}

/** The backend of tfjs under its name there, if it is running. */
export const runningBackend = (): NodeBackend | undefined =>
  engine().registry['tensorflow'] as unknown as NodeBackend | undefined
