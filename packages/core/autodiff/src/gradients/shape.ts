import * as tf from '@tensorflow/tfjs-core'
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core'
import { fromShape, fromShapes, inputShapes, linear, sumTo } from './config.ts'

type Paddings = readonly (readonly [number, number])[]

const list = (dy: Tensor | Tensor[]): Tensor[] => (Array.isArray(dy) ? dy : [dy])

/** `[0, ..., value at the axis, ..., 0]`. */
const at = (rank: number, axis: number, value: number): number[] =>
  Array.from({ length: rank }, (_, i) => (i === axis ? value : 0))

/** Part of a tensor along one axis. */
const part = (x: Tensor, axis: number, begin: number, size: number): Tensor =>
  tf.slice(
    x,
    at(x.rank, axis, begin),
    x.shape.map((all, i) => (i === axis ? size : all)),
  )

/** A tensor put between zeros along one axis, up to a size. */
const put = (x: Tensor, axis: number, begin: number, size: number): Tensor =>
  tf.pad(
    x,
    x.shape.map((own, i): [number, number] => (i === axis ? [begin, size - begin - own] : [0, 0])),
  )

/** Sums the copies that tiling made, one axis after the other. */
const untile = (dy: Tensor, shape: readonly number[]): Tensor => {
  const added = dy.rank - shape.length
  const summed = dy.shape.reduce((rest: Tensor, size, axis) => {
    const own = axis < added ? 1 : shape[axis - added]!
    const copies = size / own
    if (copies === 1) return rest
    const before = tf.util.sizeFromShape(rest.shape.slice(0, axis))
    const after = tf.util.sizeFromShape(rest.shape.slice(axis + 1))
    const sum = tf.sum(tf.reshape(rest, [before, copies, own * after]), 1)
    return tf.reshape(
      sum,
      rest.shape.map((old, i) => (i === axis ? own : old)),
    )
  }, dy)
  return tf.reshape(summed, [...shape])
}

/** The gradient of mirroring: each mirrored edge is turned back and added where it came from. */
const unmirror = (dy: Tensor, paddings: Paddings, mode: 'reflect' | 'symmetric'): Tensor => {
  // reflect leaves the edge itself out of its mirror image.
  const skip = mode === 'reflect' ? 1 : 0
  return paddings.reduce((rest: Tensor, [before, after], axis) => {
    const size = rest.shape[axis]! - before - after
    const edges = [
      { length: before, from: 0, to: skip },
      { length: after, from: before + size, to: size - skip - after },
    ].filter(({ length }) => length > 0)
    return edges.reduce(
      (sum: Tensor, { length, from, to }) =>
        tf.add(sum, put(tf.reverse(part(rest, axis, from, length), axis), axis, to, size)),
      part(rest, axis, before, size),
    )
  }, dy)
}

type StridedSliceSettings = {
  readonly begin: number[]
  readonly end: number[]
  readonly strides: number[]
  readonly beginMask: number
  readonly endMask: number
  readonly ellipsisMask: number
  readonly newAxisMask: number
  readonly shrinkAxisMask: number
}

/** Puts `dy` back at the places that a strided slice took, zeros elsewhere. */
const unslice = (dy: Tensor, shape: number[], settings: StridedSliceSettings): Tensor => {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = settings
  const info = tf.slice_util.sliceInfo(
    shape,
    begin,
    end,
    strides,
    beginMask,
    endMask,
    ellipsisMask,
    newAxisMask,
    shrinkAxisMask,
  )
  const sizes = tf.slice_util.computeOutShape(info.begin, info.end, info.strides)
  if (tf.util.sizeFromShape(sizes) === 0) return tf.zeros(shape)
  return shape.reduce(
    (rest: Tensor, size, axis) => {
      const [count, step] = [sizes[axis]!, info.strides[axis]!]
      const apart = Math.abs(step)
      const first = step > 0 ? info.begin[axis]! : info.begin[axis]! + (count - 1) * step
      const ordered = step > 0 ? rest : tf.reverse(rest, axis)
      const inner = tf.util.sizeFromShape(rest.shape.slice(axis + 1))
      // Zeros between neighbours: rows of length `inner` widened to `apart` rows each.
      const spread = tf.pad(tf.reshape(ordered, [-1, inner]), [
        [0, 0],
        [0, (apart - 1) * inner],
      ])
      const wide = tf.reshape(
        spread,
        rest.shape.map((old, i) => (i === axis ? count * apart : old)),
      )
      return put(part(wide, axis, 0, (count - 1) * apart + 1), axis, first, size)
    },
    tf.reshape(dy, sizes),
  )
}

/** Adds up the gradients of rows that were taken more than once, `x: [batch, outer, rows, inner]`. */
const ungather = (dy: Tensor, shape: number[], indices: Tensor, axis: number, batchDims: number): Tensor => {
  const batch = tf.util.sizeFromShape(shape.slice(0, batchDims))
  const outer = tf.util.sizeFromShape(shape.slice(batchDims, axis))
  const inner = tf.util.sizeFromShape(shape.slice(axis + 1))
  const [rows, taken] = [shape[axis]!, indices.size / batch]
  // A product with one-hot rows and not UnsortedSegmentSum, which some backends lack. Cast, because the wasm kernel
  // makes integers only.
  const oneHot = tf.cast(tf.oneHot(tf.reshape(tf.cast(indices, 'int32'), [-1]), rows), 'float32')
  const chosen = tf.reshape(oneHot, [batch, 1, taken, rows])
  return tf.reshape(tf.matMul(chosen, tf.reshape(dy, [batch, outer, taken, inner]), true), shape)
}

const reshaped = (kernelName: string, input: string): GradConfig =>
  fromShape(kernelName, (dy, shape) => tf.reshape(dy, shape), input)

/** Kernels that move values. */
export const shapes: readonly GradConfig[] = [
  linear('Identity', (dy) => tf.clone(dy)),
  linear('Cast', (dy) => tf.clone(dy)),
  reshaped('Reshape', 'x'),
  reshaped('ExpandDims', 'input'),
  linear<{ readonly perm: readonly number[] }>('Transpose', (dy, { perm }) =>
    tf.transpose(
      dy,
      perm.map((_, i) => perm.indexOf(i)),
    ),
  ),
  linear<{ readonly dims: number | number[] }>('Reverse', (dy, { dims }) => tf.reverse(dy, dims)),
  fromShape('Tile', untile),
  fromShape('BroadcastTo', sumTo),
  fromShape<{ readonly paddings: Paddings }>('PadV2', (dy, shape, { paddings }) =>
    tf.slice(
      dy,
      paddings.map(([before]) => before),
      shape,
    ),
  ),
  linear<{ readonly paddings: Paddings; readonly mode: 'reflect' | 'symmetric' }>(
    'MirrorPad',
    (dy, { paddings, mode }) => unmirror(tf.clone(dy), paddings, mode),
  ),
  fromShape<{ readonly begin: number | number[]; readonly size: number | number[] }>(
    'Slice',
    (dy, shape, { begin, size }) => {
      const [begins, sizes] = tf.slice_util.parseSliceParams({ shape, dtype: 'float32', dataId: {} }, begin, size)
      return tf.pad(
        dy,
        shape.map((all, i): [number, number] => [begins![i]!, all - begins![i]! - sizes![i]!]),
      )
    },
  ),
  fromShape<StridedSliceSettings>('StridedSlice', unslice),
  fromShapes<{ readonly axis: number }>('Concat', (dy, all, { axis: given }) => {
    const axis = tf.util.parseAxisParam(given, dy.shape)[0]!
    const begins = all.map((_, i) => all.slice(0, i).reduce((sum, shape) => sum + shape[axis]!, 0))
    return all.map((shape, i) => () => part(dy, axis, begins[i]!, shape[axis]!))
  }),
  {
    kernelName: 'Pack',
    gradFunc: (dy, _, settings) => {
      const parts = tf.unstack(dy as Tensor, settings['axis'] as number)
      return Object.fromEntries(parts.map((gradient, i) => [i, () => gradient]))
    },
  },
  {
    kernelName: 'Unpack',
    gradFunc: (dys, _, settings) => ({ value: () => tf.stack(list(dys), settings['axis'] as number) }),
  },
  {
    kernelName: 'SplitV',
    gradFunc: (dys, _, settings) => ({ x: () => tf.concat(list(dys), settings['axis'] as number) }),
  },
  {
    kernelName: 'GatherV2',
    inputsToSave: ['indices'],
    gradFunc: (dy, saved, settings) => {
      const [indices] = saved as [Tensor]
      const shape = inputShapes(saved)['x']!
      const axis = tf.util.parseAxisParam(settings['axis'] as number, shape)[0]!
      return {
        x: () => ungather(dy as Tensor, shape, indices, axis, settings['batchDims'] as number),
        indices: () => tf.zeros(indices.shape),
      }
    },
  },
  linear<{ readonly blockShape: number[]; readonly paddings: number[][] }>(
    'SpaceToBatchND',
    (dy, { blockShape, paddings }) => tf.batchToSpaceND(dy, blockShape, paddings),
  ),
  linear<{ readonly blockShape: number[]; readonly crops: number[][] }>('BatchToSpaceND', (dy, { blockShape, crops }) =>
    tf.spaceToBatchND(dy, blockShape, crops),
  ),
]
