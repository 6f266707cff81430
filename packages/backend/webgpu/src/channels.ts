import type { TensorInfo } from '@tensorflow/tfjs-core'
import { type Device, sizeOf } from './device.ts'
import { reduceRows } from './reduction.ts'

/**
 * The sum or mean over axes that lie side by side: a channel's sum, a global average, the sum of all. Undefined for
 * other axes.
 */
export const reduceAxes = (
  device: Device,
  x: TensorInfo,
  { axes, mean }: { readonly axes: readonly number[]; readonly mean: boolean },
  shape: readonly number[],
): TensorInfo | undefined => {
  const [first, last] = [axes[0], axes.at(-1)]
  if (first === undefined || last === undefined || last - first + 1 !== axes.length) return undefined
  const outer = sizeOf(x.shape.slice(0, first))
  const rows = sizeOf(x.shape.slice(first, last + 1))
  if (outer > 65_535) return undefined
  const out = device.output(shape)
  reduceRows(device, {
    name: mean ? 'mean' : 'sum',
    item: 'f32',
    outer,
    rows,
    channels: sizeOf(x.shape.slice(last + 1)),
    inputs: { x },
    outputs: { out },
    value: 'return x[(outer * rows + row) * channels + channel];',
    finish: `out[outer * channels + channel] = sum${mean ? ' / f32(total)' : ''};`,
    finishInputs: {},
  })
  return out
}
