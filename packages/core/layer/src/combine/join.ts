import { add, concat, mul, reshape, type Tensor } from '@tensorflow/tfjs-core'
import { ShapeError } from '../contract/path-error.ts'
import { formatShape, sameShape, type Shape } from '../contract/shape.ts'

/** How the outputs of several paths become one: a value that `parallel` and `skip` take. */
export type Join = {
  /** what it is, in a word, for tables */
  readonly kind: string
  /**
   * from the shapes of the outputs (one sample), by the names of the paths, to the shape of the join; throws ShapeError
   * where they do not fit
   */
  readonly output: (shapes: { readonly [name: string]: Shape }) => Shape
  /** from the outputs, in the order of the paths, to the join */
  readonly apply: (ys: readonly Tensor[]) => Tensor
}

type Named = readonly (readonly [name: string, shape: Shape])[]

/** The first path and the others; a join of nothing is a mistake. */
const first = (join: string, shapes: Named): readonly [(typeof shapes)[number], Named] => {
  const [head, ...rest] = shapes
  if (head === undefined) throw new ShapeError('', `${join} needs at least one path`)
  return [head, rest]
}

const differ = ([name, shape]: Named[number], [other, wanted]: Named[number], remedy: string): ShapeError =>
  new ShapeError('', `${name} ${formatShape(shape)} and ${other} ${formatShape(wanted)} differ; ${remedy}`)

/**
 * The sum of the paths: `y = a + b + …`, all of one shape. The join of residual networks.
 *
 * @see He et al., "Deep residual learning for image recognition" (2015), equation 1
 */
export const sum: Join = {
  kind: 'sum',
  output: (shapes) => {
    const [head, rest] = first('sum', Object.entries(shapes))
    for (const other of rest)
      if (!sameShape(other[1], head[1])) throw differ(other, head, 'give both the same stride and output channels')
    return head[1]
  },
  apply: ([y, ...rest]) => rest.reduce((total, other) => add(total, other), y!),
}

/** Whether a path of this shape multiplies the first one value by value, channel by channel, or pixel by pixel. */
const broadcasts = (shape: Shape, to: Shape): boolean => {
  const wide = widened(shape, to.length)
  return wide.length === to.length && wide.every((size, axis) => size === 1 || size === to[axis])
}

/** A shape of channels alone, with axes of 1 before it. */
const widened = (shape: Shape, rank: number): Shape =>
  shape.length === 1 ? [...Array.from({ length: rank - 1 }, () => 1), shape[0]!] : shape

/**
 * The product of the paths: `y = a b …`, of the shape of the first; the others may be gates, `[channels]` or with axes
 * of 1. The join of squeeze-and-excitation.
 *
 * @see Hu et al., "Squeeze-and-excitation networks" (2018), equation 4
 */
export const product: Join = {
  kind: 'product',
  output: (shapes) => {
    const [head, rest] = first('product', Object.entries(shapes))
    for (const other of rest)
      if (!broadcasts(other[1], head[1]))
        throw differ(other, head, 'a factor has the shape of the first path, [channels], or axes of 1')
    return head[1]
  },
  apply: ([y, ...rest]) =>
    rest.reduce((total, gate) => {
      const [batch, ...sample] = gate.shape
      return mul(total, reshape(gate, [batch!, ...widened(sample, total.rank - 1)]))
    }, y!),
}

/**
 * The paths one after the other along the channels: `y[…, c] = [a, b, …]`, all of one height and width. The join of
 * DenseNet and Inception.
 *
 * @see Huang et al., "Densely connected convolutional networks" (2017), equation 2
 */
export const channels: Join = {
  kind: 'channels',
  output: (shapes) => {
    const [head, rest] = first('channels', Object.entries(shapes))
    for (const other of rest)
      if (!sameShape(other[1].slice(0, -1), head[1].slice(0, -1)) || other[1].length === 0)
        throw differ(other, head, 'paths that are joined along the channels have one height and width')
    return [...head[1].slice(0, -1), [head, ...rest].reduce((total, [, shape]) => total + shape.at(-1)!, 0)]
  },
  apply: (ys) => concat([...ys], -1),
}
