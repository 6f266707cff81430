import { backend_util, getKernel, registerKernel, slice_util, unregisterKernel, util } from '@tensorflow/tfjs-core'
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { filterGradient, forward, inputGradient, matMul } from './convolution.ts'
import { pad, slice, tile } from './copying.ts'
import type { Device } from './device.ts'
import { elementwise } from './elementwise.ts'
import { batchNormAffine, batchNormTrain, batchNormTrainGradient, columnSums } from './normalisation.ts'
import { poolGradient } from './pooling.ts'

type Inputs = { readonly [name: string]: TensorInfo }
type Attributes = { readonly [name: string]: unknown }
/** A kernel of ours: its outputs, or undefined to leave these inputs to the kernel it replaces. */
type Own = (device: Device, inputs: Inputs, attributes: Attributes) => TensorInfo | TensorInfo[] | undefined

type Pad = Parameters<typeof backend_util.computeConv2DInfo>[4]
type Step = number | [number, number]
type ConvolutionAttributes = {
  readonly strides: Step
  readonly pad: Pad
  readonly dataFormat?: 'NHWC' | 'NCHW'
  readonly dilations?: Step
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}
type Four = [number, number, number, number]

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1)
const areFloats = (...tensors: readonly (TensorInfo | null | undefined)[]): boolean =>
  tensors.every((tensor) => tensor?.dtype === 'float32' && sizeOf(tensor.shape) > 0)

const convolutionInfo = (
  input: readonly number[],
  filter: readonly number[],
  attributes: Attributes,
): backend_util.Conv2DInfo | undefined => {
  const { strides, pad, dataFormat = 'NHWC', dilations = 1, dimRoundingMode } = attributes as ConvolutionAttributes
  if (dataFormat !== 'NHWC') return undefined
  return backend_util.computeConv2DInfo(input as Four, filter as Four, strides, dilations, pad, dimRoundingMode)
}

const poolInfo = (input: readonly number[], attributes: Attributes): backend_util.Conv2DInfo => {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as ConvolutionAttributes & {
    readonly filterSize: Step
  }
  return backend_util.computePool2DInfo(input as Four, filterSize, strides, 1, pad, dimRoundingMode)
}

const clamps: { readonly [activation: string]: readonly [number, number] } = {
  linear: [-Infinity, Infinity],
  relu: [0, Infinity],
  relu6: [0, 6],
}

// Sums over all axes, over all but the last, and over the two middle axes of four; other axes are left to tfjs.
const reduction =
  (kind: 'sum' | 'mean'): Own =>
  (device, { x }, attributes) => {
    if (!areFloats(x)) return undefined
    const { shape } = x!
    const axes = util.parseAxisParam(attributes['axis'] as number | number[], shape)
    const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    const outShape = attributes['keepDims'] === true ? kept : shape.filter((_, axis) => !axes.includes(axis))
    const last = shape.length - 1
    const scale = kind === 'sum' ? 1 : sizeOf(kept) / sizeOf(shape)
    if (axes.length === shape.length) {
      // Columns first, so that the long part runs in vectors; the scale is a power of the axes either way.
      const columns = [64, 32, 16, 8].find((width) => sizeOf(shape) % width === 0) ?? 1
      const view = { ...x!, shape: [sizeOf(shape) / columns, columns] }
      const partial = columnSums(device, view, { outShape: [columns], groups: 1, scale: 1 })
      const total = columnSums(device, { ...partial, shape: [columns, 1] }, { outShape, groups: 1, scale })
      device.backend.disposeData(partial.dataId as object)
      return total
    }
    if (axes.includes(last) || axes.length === 0) return undefined
    if (axes.length === last) return columnSums(device, x!, { outShape, groups: 1, scale })
    if (shape.length === 4 && axes.length === 2 && axes.includes(1) && axes.includes(2)) {
      return columnSums(device, x!, { outShape, groups: shape[0]!, scale })
    }
    return undefined
  }

// tfjs packs b once per data id, whatever its shape (a reshaped b corrupts its heap), takes a slow path for transposed factors and
// batches, and forgets bias and activation there. Batch axes that broadcast other than from 1 are left to it.
const product: Own = (device, { a, b, bias, preluActivationWeights }, attributes) => {
  const clamp = clamps[(attributes['activation'] as string | undefined) ?? 'linear']
  if (clamp === undefined || preluActivationWeights != null || !areFloats(a, b)) return undefined
  const { transposeA = false, transposeB = false } = attributes as {
    readonly transposeA?: boolean
    readonly transposeB?: boolean
  }
  const [batchesA, batchesB] = [sizeOf(a!.shape.slice(0, -2)), sizeOf(b!.shape.slice(0, -2))]
  const wide = batchesA >= batchesB && a!.shape.length >= b!.shape.length ? a! : b!
  const batches = Math.max(batchesA, batchesB)
  if (
    sizeOf(wide.shape.slice(0, -2)) !== batches ||
    [batchesA, batchesB].some((count) => count !== 1 && count !== batches)
  )
    return undefined
  const [rows, inner] = a!.shape.slice(-2) as [number, number]
  const columns = b!.shape.at(transposeB ? -2 : -1)!
  if (transposeA) {
    const matrices = batchesA === 1 && batchesB === 1
    if (matrices && !transposeB && bias == null && clamp[0] === -Infinity) {
      const info = backend_util.computeConv2DInfo([1, 1, rows, inner], [1, 1, inner, columns], 1, 1, 0)
      return { ...filterGradient(device, info, { x: a!, dy: b! }), shape: [...wide.shape.slice(0, -2), inner, columns] }
    }
    const perm = a!.shape.map((_, axis) => axis)
    const turned = getKernel('Transpose', 'wasm').kernelFunc({
      inputs: { x: a! },
      attrs: { perm: [...perm.slice(0, -2), perm.at(-1)!, perm.at(-2)!] },
      backend: device.backend,
    }) as TensorInfo
    const result = product(
      device,
      { a: turned, b: b!, ...(bias != null && { bias }) },
      { ...attributes, transposeA: false },
    )
    device.backend.disposeData(turned.dataId as object)
    return result
  }
  if (bias != null && (bias.dtype !== 'float32' || bias.shape.length !== 1 || bias.shape[0] !== columns))
    return undefined
  const out = device.output([...wide.shape.slice(0, -2), rows, columns])
  for (let batch = 0; batch < batches; batch++) {
    matMul(
      device,
      {
        a: device.address(a!) + (batchesA === 1 ? 0 : batch * rows * inner * 4),
        b: { at: device.address(b!) + (batchesB === 1 ? 0 : batch * inner * columns * 4), data: b!.dataId as object },
        ...(bias != null && { bias: device.address(bias) }),
        out: device.address(out) + batch * rows * columns * 4,
      },
      { rows, inner, columns, transposeB, clamp },
    )
  }
  return out
}

const own: { readonly [kernelName: string]: Own } = {
  Conv2D: (device, { x, filter }, attributes) => {
    const info = areFloats(x, filter) ? convolutionInfo(x!.shape, filter!.shape, attributes) : undefined
    return info && sizeOf(info.outShape) > 0 ? forward(device, info, { x: x!, filter: filter! }) : undefined
  },
  FusedConv2D: (device, { x, filter, bias, preluActivationWeights }, attributes) => {
    const clamp = clamps[(attributes['activation'] as string | undefined) ?? 'linear']
    if (clamp === undefined || preluActivationWeights != null || !areFloats(x, filter)) return undefined
    const info = convolutionInfo(x!.shape, filter!.shape, attributes)
    if (info === undefined || sizeOf(info.outShape) === 0) return undefined
    if (bias != null && (bias.dtype !== 'float32' || bias.shape.length !== 1 || bias.shape[0] !== info.outChannels))
      return undefined
    return forward(device, info, { x: x!, filter: filter!, ...(bias != null && { bias }) }, clamp)
  },
  BatchMatMul: product,
  _FusedMatMul: product,
  Conv2DBackpropInput: (device, { dy, filter }, attributes) => {
    const info = areFloats(dy, filter)
      ? convolutionInfo(attributes['inputShape'] as number[], filter!.shape, attributes)
      : undefined
    return info && inputGradient(device, info, { dy: dy!, filter: filter! })
  },
  Conv2DBackpropFilter: (device, { x, dy }, attributes) => {
    const info = areFloats(x, dy)
      ? convolutionInfo(x!.shape, attributes['filterShape'] as number[], attributes)
      : undefined
    return info && filterGradient(device, info, { x: x!, dy: dy! })
  },
  MaxPoolGrad: (device, { dy, input }, attributes) =>
    areFloats(dy, input)
      ? poolGradient(device, 'max', poolInfo(input!.shape, attributes), { dy: dy!, x: input! })
      : undefined,
  AvgPoolGrad: (device, { dy, input }, attributes) =>
    areFloats(dy, input)
      ? poolGradient(device, 'avg', poolInfo(input!.shape, attributes), { dy: dy!, x: input! })
      : undefined,
  // tfjs copies; a tensor that is saved for the gradient is an Identity, so nothing on the heap may be copied for it.
  Identity: (device, { x }) => {
    if (x!.dtype === 'string') return undefined
    device.backend.incRef(x!.dataId as object)
    return { dataId: x!.dataId, shape: x!.shape, dtype: x!.dtype }
  },
  Slice: (device, { x }, attributes) => {
    if (!areFloats(x)) return undefined
    const { begin, size } = attributes as { readonly begin: number | number[]; readonly size?: number | number[] }
    const [first, lengths] = slice_util.parseSliceParams(x as never, begin, size as number[]) as [number[], number[]]
    slice_util.assertParamsValid(x as never, first, lengths)
    return sizeOf(lengths) > 0 ? slice(device, x!, { begin: first, size: lengths }) : undefined
  },
  PadV2: (device, { x }, attributes) => {
    const { paddings, constantValue } = attributes as {
      readonly paddings: readonly [number, number][]
      readonly constantValue: number
    }
    return areFloats(x) && constantValue === 0 ? pad(device, x!, paddings) : undefined
  },
  Tile: (device, { x }, attributes) => {
    const { reps } = attributes as { readonly reps: readonly number[] }
    return areFloats(x) && reps.length === x!.shape.length && reps.every((count) => count > 0)
      ? tile(device, x!, reps)
      : undefined
  },
  Sum: reduction('sum'),
  Mean: reduction('mean'),
  Relu: (device, { x }) => (areFloats(x) ? elementwise(device, 'relu', x!) : undefined),
  Add: (device, { a, b }) =>
    areFloats(a, b) && util.arraysEqual(a!.shape, b!.shape) ? elementwise(device, 'add', a!, b!) : undefined,
  ReluGrad: (device, { dy, y }) => (areFloats(dy, y) ? [elementwise(device, 'reluGradient', dy!, y!)] : undefined),
  FusedBatchNorm: (device, { x, mean, variance, offset, scale }, attributes) => {
    const perChannel = [mean, variance, offset, scale]
    const channels = x!.shape[x!.shape.length - 1]
    if (!areFloats(x, ...perChannel) || !perChannel.every((t) => t!.shape.length === 1 && t!.shape[0] === channels))
      return undefined
    const epsilon = (attributes['varianceEpsilon'] as number | undefined) ?? 0.001
    return batchNormAffine(device, { x: x!, mean: mean!, variance: variance!, weight: scale!, bias: offset! }, epsilon)
  },
  BatchNormTrain: (device, { x, weight, bias }, attributes) =>
    areFloats(x, weight, bias)
      ? batchNormTrain(device, { x: x!, weight: weight!, bias: bias! }, attributes['epsilon'] as number)
      : undefined,
  BatchNormTrainGrad: (device, { dy, x, weight, mean, variance }, attributes) =>
    areFloats(dy, x, weight, mean, variance)
      ? batchNormTrainGradient(
          device,
          { dy: dy!, x: x!, weight: weight!, mean: mean!, variance: variance! },
          attributes['epsilon'] as number,
        )
      : undefined,
}

/** The names of the kernels that this package registers. */
export const kernelNames: readonly string[] = Object.keys(own)

// What each of our registered functions replaced, so that registering twice still falls back to the kernel of tfjs.
const replaced = new WeakMap<KernelFunc, KernelFunc>()

const refusal = (kernelName: string, inputs: Inputs): Error =>
  new TypeError(
    `${kernelName} on wasm takes float32 tensors (NHWC where it matters), got ${Object.entries(inputs)
      .map(([name, input]) => `${name}: ${input?.dtype ?? 'nothing'} [${input?.shape ?? ''}]`)
      .join(', ')}`,
  )

/** Registers every kernel of ours on the backend name 'wasm', in place of what is there. */
export const registerKernels = (device: Device): void => {
  for (const [kernelName, kernel] of Object.entries(own)) {
    const present = getKernel(kernelName, 'wasm')
    const stock = present && (replaced.get(present.kernelFunc) ?? present.kernelFunc)
    const kernelFunc: KernelFunc = (parameters) => {
      const inputs = parameters.inputs as Inputs
      const outputs = kernel(device, inputs, (parameters.attrs ?? {}) as Attributes)
      if (outputs !== undefined) return outputs
      if (stock === undefined) throw refusal(kernelName, inputs)
      return stock(parameters)
    }
    if (stock !== undefined) replaced.set(kernelFunc, stock)
    if (present != null) unregisterKernel(kernelName, 'wasm')
    // The set-up functions of tfjs bind its own kernels to the backend: they must stay for the fall-back.
    registerKernel({ ...present, kernelName, backendName: 'wasm', kernelFunc })
  }
}
