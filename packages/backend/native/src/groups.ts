import {
  concat,
  engine,
  mul,
  reshape,
  split,
  sum,
  type Tensor,
  tensor,
  type TensorInfo,
  tidy,
  tile,
} from '@tensorflow/tfjs-core'
import { convolve, dense, gradientByFilter, gradientByInput } from './convolution.ts'
import type { Device } from './device.ts'
import type { Convolution } from './geometry.ts'

/**
 * Groups beside each other, `joined` at a time, as dense convolutions whose filters are zero between groups: TensorFlow
 * has gradients of groups on GPUs alone, and narrow convolutions are slow.
 */
type Blocks = { readonly groups: number; readonly joined: number; readonly depth: number; readonly out: number }

/** Channels of a block, from which on it is worth its call. */
const width = 16

/** The blocks of a filter [size, size, in / groups, out]. */
const blocksOf = (filterShape: readonly number[], groups: number): Blocks => {
  const [, , depth, out] = filterShape as [number, number, number, number]
  const divisors = Array.from({ length: groups }, (_, i) => i + 1).filter((n) => groups % n === 0)
  return { groups, depth, out, joined: divisors.find((n) => n * depth >= width) ?? groups }
}

const countOf = ({ groups, joined }: Blocks): number => groups / joined

/** 1 where an input channel of the block and an output channel are in one group: [joined depth, out]. */
const maskOf = ({ groups, joined, depth, out }: Blocks): Tensor => {
  const mask = new Float32Array(joined * depth * out)
  const each = out / groups
  for (let channel = 0; channel < out; channel++) {
    const first = (Math.floor(channel / each) % joined) * depth
    for (let c = first; c < first + depth; c++) mask[c * out + channel] = 1
  }
  return tensor(mask, [joined * depth, out])
}

/** The filters of the blocks. */
const filtersOf = (filter: TensorInfo, blocks: Blocks): readonly Tensor[] =>
  split(mul(tile(filter as Tensor, [1, 1, blocks.joined, 1]), maskOf(blocks)), countOf(blocks), 3)

const parts = (x: TensorInfo, blocks: Blocks): readonly Tensor[] => split(x as Tensor, countOf(blocks), 3)

/** One result a block, side by side. */
const sideBySide = (blocks: Blocks, run: (block: number) => TensorInfo): Tensor =>
  concat(
    Array.from({ length: countOf(blocks) }, (_, block) => engine().makeTensorFromTensorInfo(run(block))),
    3,
  )

/** A convolution in groups. */
export const groupedConvolve = (
  device: Device,
  { x, filter }: { readonly x: TensorInfo; readonly filter: TensorInfo },
  convolution: Convolution,
  groups: number,
): TensorInfo =>
  device.gpu
    ? convolve(device, dense, { x, filter }, convolution)
    : tidy(() => {
        const blocks = blocksOf(filter.shape, groups)
        const [xs, filters] = [parts(x, blocks), filtersOf(filter, blocks)]
        return sideBySide(blocks, (i) => convolve(device, dense, { x: xs[i]!, filter: filters[i]! }, convolution))
      })

/** Its gradient by the input, of this shape. */
export const groupedGradientByInput = (
  device: Device,
  { dy, filter }: { readonly dy: TensorInfo; readonly filter: TensorInfo },
  convolution: Convolution,
  { groups, inputShape }: { readonly groups: number; readonly inputShape: readonly number[] },
): TensorInfo =>
  device.gpu
    ? gradientByInput(device, dense, { dy, filter }, convolution, inputShape)
    : tidy(() => {
        const blocks = blocksOf(filter.shape, groups)
        const [dys, filters] = [parts(dy, blocks), filtersOf(filter, blocks)]
        const shape = [...inputShape.slice(0, 3), blocks.joined * blocks.depth]
        return sideBySide(blocks, (i) =>
          gradientByInput(device, dense, { dy: dys[i]!, filter: filters[i]! }, convolution, shape),
        )
      })

/** Its gradient by the filter, of this shape. */
export const groupedGradientByFilter = (
  device: Device,
  { x, dy }: { readonly x: TensorInfo; readonly dy: TensorInfo },
  convolution: Convolution,
  { groups, filterShape }: { readonly groups: number; readonly filterShape: readonly number[] },
): TensorInfo =>
  device.gpu
    ? gradientByFilter(device, dense, { x, dy }, convolution, filterShape)
    : tidy(() => {
        const blocks = blocksOf(filterShape, groups)
        const [height, width, depth, out] = filterShape as [number, number, number, number]
        const [xs, dys] = [parts(x, blocks), parts(dy, blocks)]
        const shape = [height, width, blocks.joined * depth, out / countOf(blocks)]
        const wide = sideBySide(blocks, (i) =>
          gradientByFilter(device, dense, { x: xs[i]!, dy: dys[i]! }, convolution, shape),
        )
        return sum(reshape(mul(wide, maskOf(blocks)), [height, width, blocks.joined, depth, out]), 2)
      })
