import { type TensorInfo, util } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'
import { chunkRowsOf } from './normalisation.ts'
import { sizeOf } from './shape.ts'

// x as [groups, rows, columns], summed over rows.
type View = { readonly groups: number; readonly rows: number; readonly columns: number }

const sumView = (device: Device, x: TensorInfo, { groups, rows, columns }: View, divisor: number): TensorInfo => {
  const out = device.output([groups, columns])
  if (columns === 1) {
    const args = { x: device.address(x), out: device.address(out), rows: groups, length: rows, divisor }
    device.run('rowSums', args, groups * rows)
    return out
  }
  const chunkRows = chunkRowsOf(columns)
  const chunks = Math.ceil(rows / chunkRows)
  device.scratch({ partial: groups * chunks * columns * 8 }, ({ partial }) => {
    device.run(
      'columnSums',
      { x: device.address(x), partial, groups, rows, columns, chunkRows },
      groups * rows * columns,
    )
    device.run(
      'combineSums',
      { partial, out: device.address(out), groups, chunks, columns, divisor },
      groups * chunks * columns,
    )
  })
  return out
}

// Long sums of everything go by columns first, which run in vectors and on all threads.
const sumAll = (device: Device, x: TensorInfo, divisor: number): TensorInfo => {
  const size = sizeOf(x.shape)
  const columns = [64, 32, 16, 8].find((width) => size % width === 0) ?? 1
  if (columns === 1) return sumView(device, x, { groups: 1, rows: size, columns }, divisor)
  const partial = sumView(device, x, { groups: 1, rows: size / columns, columns }, 1)
  const total = sumView(device, partial, { groups: 1, rows: columns, columns: 1 }, divisor)
  device.dispose(partial)
  return total
}

// Over neighbouring axes at a time, the last ones first; the division comes with the first axes, at the end.
const sumAxes = (device: Device, x: TensorInfo, axes: readonly number[], divisor: number): TensorInfo => {
  const last = axes.at(-1) ?? 0
  const first = axes.find((axis, i) => last - axis === axes.length - 1 - i) ?? 0
  const rest = axes.filter((axis) => axis < first)
  const view = {
    groups: sizeOf(x.shape.slice(0, first)),
    rows: sizeOf(x.shape.slice(first, last + 1)),
    columns: sizeOf(x.shape.slice(last + 1)),
  }
  if (rest.length === 0) return sumView(device, x, view, divisor)
  const partial = sumView(device, x, view, 1)
  const shape = [...x.shape.slice(0, first), view.columns]
  const sum = sumAxes(device, { ...partial, shape }, rest, divisor)
  device.dispose(partial)
  return sum
}

type Attributes = { readonly axis: number | number[]; readonly keepDims?: boolean }

/** The shape with each of `axes` as 1, and that of the result. */
const shapesOf = (shape: readonly number[], axes: readonly number[], keepDims: boolean) => {
  const kept = shape.map((length, index) => (axes.includes(index) ? 1 : length))
  return { kept, outShape: keepDims ? kept : shape.filter((_, index) => !axes.includes(index)) }
}

/** Zeros, the sums over an axis without an element; undefined where the result has no element either. */
export const emptySum = (
  device: Device,
  { shape }: TensorInfo,
  { axis, keepDims = false }: Attributes,
): TensorInfo | undefined => {
  const { outShape } = shapesOf(shape, util.parseAxisParam(axis, [...shape]), keepDims)
  if (sizeOf(outShape) === 0) return undefined
  const out = device.output(outShape)
  device.zero(device.address(out), sizeOf(outShape) * 4)
  return out
}

/** Sums or means over any axes; undefined where there is nothing to add. */
export const reduce = (
  device: Device,
  kind: 'sum' | 'mean',
  x: TensorInfo,
  { axis, keepDims = false }: Attributes,
): TensorInfo | undefined => {
  const { shape } = x
  const axes = util.parseAxisParam(axis, shape).toSorted((a, b) => a - b)
  if (axes.length === 0) return undefined
  const { kept, outShape } = shapesOf(shape, axes, keepDims)
  const divisor = kind === 'sum' ? 1 : sizeOf(shape) / sizeOf(kept)
  const sum = axes.length === shape.length ? sumAll(device, x, divisor) : sumAxes(device, x, axes, divisor)
  return { dataId: sum.dataId, dtype: sum.dtype, shape: outShape }
}
