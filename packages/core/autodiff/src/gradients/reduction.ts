import * as tf from '@tensorflow/tfjs-core'
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core'
import { fromInput, fromShape, linear } from './config.ts'

type Axes = number | readonly number[] | undefined

const parse = (axes: Axes, shape: number[]): readonly number[] =>
  tf.util.parseAxisParam((axes ?? null) as number[], shape)

/** A reduced tensor with its lost axes back, of size 1. */
const kept = (reduced: Tensor, shape: readonly number[], axes: readonly number[]): Tensor =>
  tf.reshape(
    reduced,
    shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  )

const countOf = (shape: readonly number[], axes: readonly number[]): number =>
  tf.util.sizeFromShape(axes.map((axis) => shape[axis]!))

/** The gradient of the largest or the smallest value, shared evenly by equal ones. */
const extreme = (
  kernelName: 'Max' | 'Min',
  axesOf: (settings: { readonly reductionIndices?: Axes; readonly axis?: Axes }) => Axes,
): GradConfig => ({
  kernelName,
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, saved, settings) => {
    const [x, y] = saved as [Tensor, Tensor]
    return {
      x: () => {
        const axes = parse(axesOf(settings as object), x.shape)
        const chosen = tf.cast(tf.equal(x, kept(y, x.shape, axes)), 'float32')
        return tf.mul(chosen, tf.div(kept(dy as Tensor, x.shape, axes), tf.sum(chosen, [...axes], true)))
      },
    }
  },
})

/** Reductions over axes, and running sums. */
export const reductions: readonly GradConfig[] = [
  fromShape<{ readonly axis?: Axes }>('Sum', (dy, shape, { axis }) =>
    tf.broadcastTo(kept(dy, shape, parse(axis, shape)), shape),
  ),
  fromShape<{ readonly axis?: Axes }>('Mean', (dy, shape, { axis }) => {
    const axes = parse(axis, shape)
    return tf.broadcastTo(tf.div(kept(dy, shape, axes), countOf(shape, axes)), shape)
  }),
  extreme('Max', ({ reductionIndices }) => reductionIndices),
  extreme('Min', ({ axis }) => axis),
  // The product of the others, from both sides, so that zeros do no harm.
  fromInput<{ readonly axis?: Axes }>('Prod', (dy, x, { axis }) => {
    const axes = parse(axis, x.shape)
    const order = [...x.shape.keys()].filter((i) => !axes.includes(i)).concat(axes)
    const moved = tf.transpose(x, order)
    const rows = tf.reshape(moved, [-1, countOf(x.shape, axes)])
    const others = tf.mul(tf.cumprod(rows, 1, true), tf.cumprod(rows, 1, true, true))
    const back = order.map((_, i) => order.indexOf(i))
    return tf.mul(tf.transpose(tf.reshape(others, moved.shape), back), kept(dy, x.shape, axes))
  }),
  linear<{ readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean }>(
    'Cumsum',
    (dy, { axis, exclusive, reverse }) => tf.cumsum(dy, axis, exclusive, !reverse),
  ),
]
