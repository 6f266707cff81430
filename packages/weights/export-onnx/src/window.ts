import type { AttributeValue } from '@resfn/onnx'
import type { Attribute, Node } from '@resfn/trace'
import { type Builder, Unsupported } from './builder.ts'

/** How a filter or a pool moves: along the height, then the width. */
export type Window = {
  readonly size: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  readonly pad: Attribute | undefined
}

const along = (rows: readonly number[], columns: readonly number[]): readonly number[] => [
  rows[0]!,
  columns[0]!,
  rows[1]!,
  columns[1]!,
]

/** The pixels added at the top, the left, the bottom and the right. */
const padsOf = (node: Node, { size, strides, dilations, pad }: Window, { shapeOf }: Builder): readonly number[] => {
  if (pad === 'valid' || pad === undefined) return [0, 0, 0, 0]
  if (typeof pad === 'number') return [pad, pad, pad, pad]
  if (Array.isArray(pad)) {
    const [, rows, columns] = pad as readonly (readonly number[])[]
    return along(rows!, columns!)
  }
  if (pad !== 'same') throw new Unsupported(node, `its padding is ${JSON.stringify(pad)}`)
  const [before, after] = [shapeOf(node.inputs['x']!), shapeOf(node.outputs[0]!)] as readonly (readonly number[])[]
  const sides = [1, 2].map((axis): readonly number[] => {
    const reach = (size[axis - 1]! - 1) * dilations[axis - 1]! + 1
    const total = Math.max(0, (after![axis]! - 1) * strides[axis - 1]! + reach - before![axis]!)
    return [Math.floor(total / 2), Math.ceil(total / 2)]
  })
  return along(sides[0]!, sides[1]!)
}

/** A number for both directions, or one for each. */
export const pair = (value: Attribute | undefined): readonly number[] =>
  Array.isArray(value) ? (value as readonly number[]) : [Number(value ?? 1), Number(value ?? 1)]

// No padding is said as VALID: ONNX Runtime 1.30 joins a padding of zeros to a maximum after it, where it counts as
// less than any number, unless the maximum says that.
const paddingAttributes = (pads: readonly number[]): { readonly [name: string]: AttributeValue } =>
  pads.every((pad) => pad === 0) ? { auto_pad: { string: 'VALID' } } : { pads: { ints: pads } }

/** The attributes of a window that ONNX has for convolutions and pools alike. */
export const windowAttributes = (
  node: Node,
  window: Window,
  building: Builder,
): { readonly [name: string]: AttributeValue } => ({
  kernel_shape: { ints: window.size },
  strides: { ints: window.strides },
  ...(window.dilations.some((dilation) => dilation !== 1) && { dilations: { ints: window.dilations } }),
  ...paddingAttributes(padsOf(node, window, building)),
})
