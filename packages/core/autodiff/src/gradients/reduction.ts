import * as tf from '@tensorflow/tfjs-core'
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core'
import { fromInput, linear, sizeOf } from './config.ts'

type Axes = number | readonly number[] | undefined

const parse = (axes: Axes, x: Tensor): readonly number[] => tf.util.parseAxisParam((axes ?? null) as number[], x.shape)

/** A reduced tensor with its lost axes back, of size 1. */
const kept = (reduced: Tensor, x: Tensor, axes: readonly number[]): Tensor =>
  tf.reshape(
    reduced,
    x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  )

const countOf = (x: Tensor, axes: readonly number[]): number => sizeOf(axes.map((axis) => x.shape[axis]!))

/** The gradient of the largest or the smallest value, shared evenly by equal ones. */
const extreme = (kernelName: 'Max' | 'Min', axesOf: (settings: { readonly reductionIndices?: Axes; readonly axis?: Axes }) => Axes): GradConfig => ({
  kernelName,
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, saved, settings) => {
    const [x, y] = saved as [Tensor, Tensor]
    return {
      x: () => {
        const axes = parse(axesOf(settings as object), x)
        const chosen = tf.cast(tf.equal(x, kept(y, x, axes)), 'float32')
        return tf.mul(chosen, tf.div(kept(dy as Tensor, x, axes), tf.sum(chosen, [...axes], true)))
      },
    }
  },
})

/** Reductions over axes, and running sums. */
export const reductions: readonly GradConfig[] = [
  fromInput<{ readonly axis?: Axes }>('Sum', (dy, x, { axis }) => tf.broadcastTo(kept(dy, x, parse(axis, x)), x.shape)),
  fromInput<{ readonly axis?: Axes }>('Mean', (dy, x, { axis }) => {
    const axes = parse(axis, x)
    return tf.broadcastTo(tf.div(kept(dy, x, axes), countOf(x, axes)), x.shape)
  }),
  extreme('Max', ({ reductionIndices }) => reductionIndices),
  extreme('Min', ({ axis }) => axis),
  // The product of the others, from both sides, so that zeros do no harm.
  fromInput<{ readonly axis?: Axes }>('Prod', (dy, x, { axis }) => {
    const axes = parse(axis, x)
    const order = [...x.shape.keys()].filter((i) => !axes.includes(i)).concat(axes)
    const moved = tf.transpose(x, order)
    const rows = tf.reshape(moved, [-1, countOf(x, axes)])
    const others = tf.mul(tf.cumprod(rows, 1, true), tf.cumprod(rows, 1, true, true))
    const back = order.map((_, i) => order.indexOf(i))
    return tf.mul(tf.transpose(tf.reshape(others, moved.shape), back), kept(dy, x, axes))
  }),
  linear<{ readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean }>('Cumsum', (dy, { axis, exclusive, reverse }) =>
    tf.cumsum(dy, axis, exclusive, !reverse),
  ),
]
