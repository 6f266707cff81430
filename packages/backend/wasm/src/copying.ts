import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'
import { sizeOf, stridesOf } from './shape.ts'

type Copy = {
  readonly from: number
  readonly to: number
  /** Length of the copied box along every axis, and the bytes from one place to the next in source and target. */
  readonly lengths: readonly number[]
  readonly fromStrides: readonly number[]
  readonly toStrides: readonly number[]
}

// Copies a box. Axes that lie densely in both places are one run of floats; undefined if more than three others remain.
const copyBox = (device: Device, { from, to, lengths, fromStrides, toStrides }: Copy): true | undefined => {
  let count = 1
  let axes = lengths.length
  while (
    axes > 0 &&
    (lengths[axes - 1] === 1 || (fromStrides[axes - 1] === count * 4 && toStrides[axes - 1] === count * 4))
  )
    count *= lengths[--axes]!
  const outer = Array.from({ length: axes }, (_, axis) => axis).filter((axis) => lengths[axis] !== 1)
  if (outer.length > 3) return undefined
  const padded = (values: readonly number[], filler: number): [number, number, number] => {
    const used = outer.map((axis) => values[axis] ?? filler)
    return [used.at(-3) ?? filler, used.at(-2) ?? filler, used.at(-1) ?? filler]
  }
  const [planes, rows, columns] = padded(lengths, 1)
  const [fromPlane, fromRow, fromColumn] = padded(fromStrides, 0)
  const [toPlane, toRow, toColumn] = padded(toStrides, 0)
  device.run(
    'copyBlocks',
    { from, to, planes, rows, columns, count, fromPlane, fromRow, fromColumn, toPlane, toRow, toColumn },
    sizeOf(lengths),
  )
  return true
}

/** The box of `size` from `begin` on; undefined if it has too many axes. */
export const slice = (
  device: Device,
  x: TensorInfo,
  { begin, size }: { readonly begin: readonly number[]; readonly size: readonly number[] },
): TensorInfo | undefined => {
  const strides = stridesOf(x.shape)
  const out = device.output(size)
  const from = device.address(x) + begin.reduce((offset, start, axis) => offset + start * strides[axis]!, 0)
  if (
    copyBox(device, { from, to: device.address(out), lengths: size, fromStrides: strides, toStrides: stridesOf(size) })
  )
    return out
  device.dispose(out)
  return undefined
}

/** x with zeros before and after along each axis; undefined if it has too many axes. */
export const pad = (
  device: Device,
  x: TensorInfo,
  paddings: readonly (readonly [number, number])[],
): TensorInfo | undefined => {
  const shape = x.shape.map((length, axis) => length + paddings[axis]![0] + paddings[axis]![1])
  const strides = stridesOf(shape)
  const out = device.output(shape)
  const at = device.address(out)
  if (sizeOf(shape) !== sizeOf(x.shape)) device.zero(at, sizeOf(shape) * 4)
  const to = paddings.reduce((offset, [before], axis) => offset + before * strides[axis]!, at)
  if (
    copyBox(device, {
      from: device.address(x),
      to,
      lengths: x.shape,
      fromStrides: stridesOf(x.shape),
      toStrides: strides,
    })
  )
    return out
  device.dispose(out)
  return undefined
}

/** The values of a shape as rows: the places before an axis, and all that lies from the axis on. */
const rowsFrom = (axis: number, { shape }: TensorInfo): readonly [rows: number, count: number] => [
  sizeOf(shape.slice(0, axis)),
  sizeOf(shape.slice(axis)),
]

/** The tensors one after the other along an axis. */
export const concat = (device: Device, xs: readonly TensorInfo[], axis: number): TensorInfo => {
  const [{ shape }] = xs as [TensorInfo]
  const length = xs.reduce((sum, x) => sum + x.shape[axis]!, 0)
  const out = device.output([...shape.slice(0, axis), length, ...shape.slice(axis + 1)])
  const [, step] = rowsFrom(axis, out)
  let to = device.address(out)
  for (const x of xs) {
    const lengths = rowsFrom(axis, x)
    copyBox(device, {
      from: device.address(x),
      to,
      lengths,
      fromStrides: stridesOf(lengths),
      toStrides: [step * 4, 4],
    })
    to += lengths[1] * 4
  }
  return out
}

/** The parts of x of these lengths along an axis. */
export const split = (device: Device, x: TensorInfo, lengths: readonly number[], axis: number): TensorInfo[] => {
  const [, step] = rowsFrom(axis, x)
  let from = device.address(x)
  return lengths.map((length) => {
    const out = device.output([...x.shape.slice(0, axis), length, ...x.shape.slice(axis + 1)])
    const part = rowsFrom(axis, out)
    copyBox(device, {
      from,
      to: device.address(out),
      lengths: part,
      fromStrides: [step * 4, 4],
      toStrides: stridesOf(part),
    })
    from += part[1] * 4
    return out
  })
}

/** x repeated along each axis; undefined unless the repeated axes are one axis, or neighbours of length 1. */
export const tile = (device: Device, x: TensorInfo, reps: readonly number[]): TensorInfo | undefined => {
  const repeated = reps.flatMap((count, axis) => (count === 1 ? [] : [axis]))
  const [first = 0, last = 0] = [repeated[0], repeated.at(-1)]
  if (first !== last && sizeOf(x.shape.slice(first, last + 1)) !== 1) return undefined
  const [outer, inner] = [sizeOf(x.shape.slice(0, first)), sizeOf(x.shape.slice(first))]
  const times = sizeOf(reps)
  const out = device.output(x.shape.map((length, axis) => length * reps[axis]!))
  copyBox(device, {
    from: device.address(x),
    to: device.address(out),
    lengths: [outer, times, inner],
    fromStrides: [inner * 4, 0, 4],
    toStrides: [times * inner * 4, inner * 4, 4],
  })
  return out
}
