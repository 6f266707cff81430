import { env, type TensorInfo, util } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'

/**
 * A compute shader of ours. Its code declares no bindings: outputs and inputs are arrays by these names, of `f32` or of
 * `vec4f`. Sizes are constants in the code.
 */
export type Program = {
  /** Tells programs of different code apart. */
  readonly key: string
  readonly outputs: { readonly [name: string]: Element }
  readonly inputs: { readonly [name: string]: Element }
  /** Up to four numbers that change from step to step, which the code reads as `numbers`, a `vec4f`. */
  readonly numbers?: readonly number[]
  readonly code: () => string
  readonly workgroups: readonly [x: number, y: number, z: number]
}
export type Element = 'f32' | 'vec4f'

/** What the kernels run on: the tfjs backend, and how a program of ours joins its queue. */
export type Device = {
  readonly backend: WebGPUBackend
  /** A new float32 tensor. */
  readonly output: (shape: readonly number[]) => TensorInfo
  readonly dispose: (tensor: TensorInfo) => void
  /** Whether the data of a tensor are float32: tfjs casts integers to float32 by calling their data so. */
  readonly holdsFloats: (tensor: TensorInfo) => boolean
  /** Enqueues a program. The tensors are in the order of its outputs and inputs. */
  readonly run: (program: Program, outputs: readonly TensorInfo[], inputs: readonly TensorInfo[]) => void
  /** Resolves when all programs that were met while tfjs only compiled are compiled. */
  readonly compiled: () => Promise<void>
}

/** What of the backend tfjs calls private: the queue that its programs and ours share, in order. */
type Queue = {
  readonly activeTimers?: unknown[] | null
  readonly supportTimestampQuery: boolean
  readonly commandQueueOwnedIds: WeakSet<object>
  readonly commandEncoder: GPUCommandEncoder | null
  computePassEncoder: GPUComputePassEncoder | null
  dispatchCountInPass: number
  readonly querySetCount: number
  querySet: GPUQuerySet | null
  readonly submitQueue: () => void
  readonly ensureCommandEncoderReady: () => void
  readonly endComputePassEncoder: () => void
  readonly uploadToGPU: (data: object) => void
  readonly getQueryTime: () => Promise<number>
  readonly tensorMap: { readonly get: (data: object) => { readonly resource: GPUBuffer; readonly dtype: string } }
}

type Compiled = { readonly pipeline: GPUComputePipeline; readonly layout: GPUBindGroupLayout }

const declarations = ({ outputs, inputs, numbers }: Program): string => {
  const arrays = [
    ...Object.entries(outputs).map(([name, element]) => [name, element, 'read_write'] as const),
    ...Object.entries(inputs).map(([name, element]) => [name, element, 'read'] as const),
  ].map(([name, element, access]) => `var<storage, ${access}> ${name}: array<${element}>;`)
  const all = numbers === undefined ? arrays : [...arrays, 'var<uniform> numbers: vec4f;']
  return all.map((variable, binding) => `@group(0) @binding(${binding}) ${variable}`).join('\n')
}

/** Steps whose numbers stay on the GPU; all leaves of a tree share those of their step. */
const keptNumbers = 16

/** Opens the backend's queue for programs of ours; `lost` is the error of a device that is gone. */
export const openDevice = (backend: WebGPUBackend, lost: () => Error | undefined): Device => {
  const { device } = backend
  const queue = backend as unknown as Queue
  const programs = new Map<string, Compiled>()
  const compiling = new Map<string, Promise<void>>()

  const descriptor = (program: Program): GPUComputePipelineDescriptor => ({
    label: program.key,
    layout: 'auto',
    compute: {
      module: device.createShaderModule({ label: program.key, code: `${declarations(program)}\n${program.code()}` }),
      entryPoint: 'main',
    },
  })
  const keep = (key: string, pipeline: GPUComputePipeline): Compiled => {
    const compiled = { pipeline, layout: pipeline.getBindGroupLayout(0) }
    programs.set(key, compiled)
    return compiled
  }
  const compileOnly = (program: Program): void => {
    const { key } = program
    if (programs.has(key) || compiling.has(key)) return
    const pipeline = device.createComputePipelineAsync(descriptor(program))
    compiling.set(
      key,
      pipeline.then((ready) => void keep(key, ready)),
    )
  }
  /** The buffer of a tensor, which the queue holds until it is submitted. */
  const buffer = ({ dataId }: TensorInfo): GPUBuffer => {
    queue.uploadToGPU(dataId)
    queue.commandQueueOwnedIds.add(dataId)
    return queue.tensorMap.get(dataId).resource
  }
  const uniforms = new Map<string, GPUBuffer>()
  const uniform = (numbers: readonly number[]): GPUBuffer => {
    const key = numbers.join()
    const present = uniforms.get(key)
    if (present !== undefined) return present
    const [oldest] = uniforms.keys()
    // It may wait in the queue, so it is left to the garbage collector.
    if (uniforms.size === keptNumbers) uniforms.delete(oldest!)
    const made = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM, mappedAtCreation: true })
    new Float32Array(made.getMappedRange()).set(numbers)
    made.unmap()
    uniforms.set(key, made)
    return made
  }
  const pass = (timed: boolean): GPUComputePassEncoder => {
    queue.ensureCommandEncoderReady()
    if (timed) {
      queue.endComputePassEncoder()
      queue.querySet ??= device.createQuerySet({ type: 'timestamp', count: queue.querySetCount })
      const timestampWrites = { querySet: queue.querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 }
      queue.computePassEncoder = queue.commandEncoder!.beginComputePass({ timestampWrites })
    }
    queue.computePassEncoder ??= queue.commandEncoder!.beginComputePass()
    return queue.computePassEncoder
  }

  return {
    backend,
    output: (shape) => backend.makeTensorInfo([...shape], 'float32'),
    dispose: ({ dataId }) => void backend.disposeData(dataId),
    holdsFloats: ({ dataId }) => queue.tensorMap.get(dataId).dtype === 'float32',
    compiled: async () => {
      const all = [...compiling.values()]
      compiling.clear()
      await Promise.all(all)
    },
    run: (program, outputs, inputs) => {
      const broken = lost()
      if (broken !== undefined) throw broken
      const buffers = [...outputs, ...inputs].map(buffer)
      if (program.numbers !== undefined) buffers.push(uniform(program.numbers))
      if (env().getBool('WEBGPU_ENGINE_COMPILE_ONLY')) return compileOnly(program)
      const { pipeline, layout } =
        programs.get(program.key) ?? keep(program.key, device.createComputePipeline(descriptor(program)))
      const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }))
      const timed = queue.activeTimers != null && queue.supportTimestampQuery
      const encoder = pass(timed)
      encoder.setPipeline(pipeline)
      encoder.setBindGroup(0, device.createBindGroup({ layout, entries }))
      encoder.dispatchWorkgroups(...program.workgroups)
      queue.dispatchCountInPass++
      if (timed) {
        queue.endComputePassEncoder()
        queue.activeTimers!.push({ name: program.key, query: queue.getQueryTime() })
      } else if (queue.dispatchCountInPass >= env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) {
        queue.endComputePassEncoder()
        queue.submitQueue()
      }
    },
  }
}

/** The number of values of a shape. */
export const sizeOf = (shape: readonly number[]): number => util.sizeFromShape([...shape])

/** Workgroups for `count` in one row, or in several where the device takes fewer in a row. */
export const spread = (count: number): readonly [number, number, number] => {
  const rows = Math.ceil(count / 65_535)
  return [Math.ceil(count / rows), rows, 1]
}
