import { type TensorInfo, util } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'
import { rowsOfChunk } from './normalisation.ts'
import { channelsOf, sizeOf } from './shape.ts'

// Sums over all axes but the last, or (`groups` > 1) over runs of rows of equal length; chunks are added in double precision.
const columnSums = (
  device: Device,
  x: TensorInfo,
  {
    outShape,
    groups,
    scale,
  }: { readonly outShape: readonly number[]; readonly groups: number; readonly scale: number },
): TensorInfo => {
  const channels = channelsOf(x)
  const rows = sizeOf(x.shape) / channels / groups
  const out = device.output(outShape)
  // Chunks must not straddle groups.
  const chunkRows = groups === 1 ? rowsOfChunk(channels) : rows
  const chunks = groups === 1 ? Math.ceil(rows / chunkRows) : groups
  device.scratch({ partial: chunks * 2 * channels * 4 }, ({ partial }) => {
    device.run(
      'moments',
      { x: device.address(x), partial, rows: rows * groups, channels, chunkRows, squares: 0 },
      rows * groups * channels,
    )
    device.run(
      'combineMoments',
      { partial, out: device.address(out), variance: 0, rows, channels, chunkRows, scale, groups },
      0,
    )
  })
  return out
}

/** Sums or means over all axes, over all but the last, and over the two middle axes of four; undefined for other axes. */
export const reduce = (
  device: Device,
  kind: 'sum' | 'mean',
  x: TensorInfo,
  { axis, keepDims }: { readonly axis: number | number[]; readonly keepDims?: boolean },
): TensorInfo | undefined => {
  const { shape } = x
  const axes = util.parseAxisParam(axis, shape)
  const kept = shape.map((length, index) => (axes.includes(index) ? 1 : length))
  const outShape = keepDims === true ? kept : shape.filter((_, index) => !axes.includes(index))
  const last = shape.length - 1
  const scale = kind === 'sum' ? 1 : sizeOf(kept) / sizeOf(shape)
  if (axes.length === shape.length) {
    // Columns first, so that the long part runs in vectors; the scale is a power of the axes either way.
    const columns = [64, 32, 16, 8].find((width) => sizeOf(shape) % width === 0) ?? 1
    const view = { ...x, shape: [sizeOf(shape) / columns, columns] }
    const partial = columnSums(device, view, { outShape: [columns], groups: 1, scale: 1 })
    const total = columnSums(device, { ...partial, shape: [columns, 1] }, { outShape, groups: 1, scale })
    device.dispose(partial)
    return total
  }
  if (axes.includes(last) || axes.length === 0) return undefined
  if (axes.length === last) return columnSums(device, x, { outShape, groups: 1, scale })
  if (shape.length === 4 && axes.length === 2 && axes.includes(1) && axes.includes(2))
    return columnSums(device, x, { outShape, groups: shape[0] ?? 1, scale })
  return undefined
}
