import { backend_util, broadcast_util, getKernel, type TensorInfo } from '@tensorflow/tfjs-core'
import { isPerChannel } from '@resfn/overlay'
import { convolve, filterGradient } from './convolution.ts'
import type { Device } from './device.ts'
import { sizeOf } from './shape.ts'

type Factors = { readonly a: TensorInfo; readonly b: TensorInfo; readonly bias?: TensorInfo | null | undefined }
type Options = {
  readonly transposeA: boolean
  readonly transposeB: boolean
  readonly clamp: readonly [low: number, high: number]
}

type Matrices = {
  readonly a: { readonly at: number; readonly tensor: TensorInfo }
  readonly b: { readonly at: number; readonly data: object }
  readonly bias: number | undefined
  readonly out: number
}

// At `out`: a [rows, inner] times b [inner, columns] (or b^T, b [columns, inner]), plus a bias per column, clamped.
const matMul = (
  device: Device,
  { a, b, bias, out }: Matrices,
  { rows, inner, columns }: { readonly rows: number; readonly inner: number; readonly columns: number },
  { transposeB, clamp }: Options,
): void =>
  convolve(device, {
    source: a,
    weights: {
      at: b.at,
      data: b.data,
      depthStride: transposeB ? 4 : columns * 4,
      outStride: transposeB ? inner * 4 : 4,
      groupStride: 0,
    },
    groups: 1,
    bias,
    clamp,
    out,
    grid: { batch: 1, rows: 1, columns: rows, stepY: 1, stepX: 1 },
    from: { height: 1, width: rows, depth: inner },
    to: { height: 1, width: rows, depth: columns },
    place: { stepY: 1, stepX: 1, firstY: 0, firstX: 0 },
    taps: [{ y: 0, x: 0, at: 0 }],
  })

const batchShape = ({ shape }: TensorInfo): readonly number[] => shape.slice(0, -2)
const matrixShape = ({ shape }: TensorInfo): [rows: number, columns: number] => [shape.at(-2) ?? 1, shape.at(-1) ?? 1]

const transposed = (device: Device, x: TensorInfo): TensorInfo => {
  const perm = x.shape.map((_, axis) => axis)
  const last = x.shape.length - 1
  return getKernel('Transpose', 'wasm').kernelFunc({
    inputs: { x },
    attrs: { perm: [...perm.slice(0, -2), last, last - 1] },
    backend: device.backend,
  }) as TensorInfo
}

// For each of the batches of `outer`, the index of the matrix in a tensor of `batches`, whose axes of length 1 repeat.
const broadcastIndices = (batches: readonly number[], outer: readonly number[]): readonly number[] => {
  const aligned = outer.map((_, axis) => batches[axis - outer.length + batches.length] ?? 1)
  return Array.from({ length: sizeOf(outer) }, (_, index) => {
    let [rest, at, stride] = [index, 0, 1]
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      const [length, own] = [outer[axis] ?? 1, aligned[axis] ?? 1]
      if (own !== 1) at += (rest % length) * stride
      stride *= own
      rest = Math.floor(rest / length)
    }
    return at
  })
}

/**
 * clamp(a b + bias), over batch axes that broadcast; undefined for another bias. tfjs packs b once per data id,
 * whatever its shape (a reshaped b corrupts its heap), takes a slow path for transposed factors and batches, and
 * forgets bias and activation there; where both sides broadcast, it fills only a part of the result.
 */
export const product = (device: Device, { a, b, bias }: Factors, options: Options): TensorInfo | undefined => {
  const [batchesA, batchesB] = [batchShape(a), batchShape(b)]
  const outer = broadcast_util.assertAndGetBroadcastShape([...batchesA], [...batchesB])
  const [rows, inner] = matrixShape(a)
  const columns = matrixShape(b)[options.transposeB ? 0 : 1]
  if (options.transposeA) {
    const matrices = sizeOf(batchesA) === 1 && sizeOf(batchesB) === 1
    if (matrices && !options.transposeB && bias == null && options.clamp[0] === -Infinity) {
      const info = {
        ...backend_util.computeConv2DInfo([1, 1, rows, inner], [1, 1, inner, columns], 1, 1, 0),
        groups: 1,
      }
      return { ...filterGradient(device, info, { x: a, dy: b }), shape: [...outer, inner, columns] }
    }
    const turned = transposed(device, a)
    const result = product(device, { a: turned, b, bias }, { ...options, transposeA: false })
    device.dispose(turned)
    return result
  }
  if (bias != null && !isPerChannel(bias, columns)) return undefined
  const out = device.output([...outer, rows, columns])
  const [indicesA, indicesB] = [broadcastIndices(batchesA, outer), broadcastIndices(batchesB, outer)]
  for (let batch = 0; batch < sizeOf(outer); batch++) {
    const matrices = {
      a: { at: device.address(a) + (indicesA[batch] ?? 0) * rows * inner * 4, tensor: a },
      b: { at: device.address(b) + (indicesB[batch] ?? 0) * inner * columns * 4, data: b.dataId as object },
      bias: bias == null ? undefined : device.address(bias),
      out: device.address(out) + batch * rows * columns * 4,
    }
    matMul(device, matrices, { rows, inner, columns }, options)
  }
  return out
}
