import { slice, split, type Tensor } from '@tensorflow/tfjs-core'
import {
  channels,
  checkTensor,
  type Empty,
  formatShape,
  type Join,
  type Layer,
  type Layers,
  lift,
  type Parallel,
  parallel,
  type Shape,
  ShapeError,
  untyped,
} from '@resfn/layer'
import { checkOptions, wholeNumberFrom } from '@resfn/options'

/** The channels of each part. */
const shareOf = (shape: Shape, parts: number): number => {
  const all = shape.at(-1)
  if (all === undefined || all % parts !== 0)
    throw new ShapeError(
      '',
      `the channels of ${formatShape(shape)} cannot be split into ${parts} equal parts; give it a multiple of ${parts} channels`,
    )
  return all / parts
}

/**
 * Equal parts of the channels as a bare function: `y_k[…, c] = x[…, (k - 1) channels / parts + c]`.
 *
 * @param x [batch, ..., channels]
 * @param options `parts`: how many
 * @returns as many tensors [batch, ..., channels / parts], in order
 * @throws OptionsError if there is not at least one part
 * @throws InputError, ShapeError if x is not a live tensor whose channels the parts divide
 * @see PyTorch's `torch.chunk`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applySplitChannels } from '@resfn/split-channels'
 *
 * const [a, b] = applySplitChannels(tf.tensor2d([[1, 2, 3, 4]]), { parts: 2 })
 * assert.deepEqual([a!.arraySync(), b!.arraySync()], [[[1, 2]], [[3, 4]]])
 * ```
 */
export const applySplitChannels = (x: Tensor, options: { readonly parts: number }): readonly Tensor[] => {
  checkOptions('applySplitChannels', options, { parts: wholeNumberFrom(1) })
  checkTensor('splitChannels', x)
  shareOf(x.shape, options.parts)
  return split(x, options.parts, -1)
}

/**
 * Tensors one after the other along the channels as a bare function, the inverse of `applySplitChannels`: `y = [x_1,
 * x_2, …]`. It is the join `channels` of `@resfn/layer`.
 *
 * @param xs [batch, ..., channels], alike but for their channels
 * @returns [batch, ..., sum of the channels]
 * @throws InputError, ShapeError if they are not live tensors of one height and width
 * @see PyTorch's `torch.cat`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyConcatChannels } from '@resfn/split-channels'
 *
 * assert.deepEqual(applyConcatChannels([tf.ones([2, 8, 8, 3]), tf.ones([2, 8, 8, 1])]).shape, [2, 8, 8, 4])
 * ```
 */
export const applyConcatChannels = (xs: readonly Tensor[]): Tensor => {
  for (const x of xs) checkTensor('concatChannels', x)
  channels.output(Object.fromEntries(xs.map(({ shape }, i) => [`input ${i + 1}`, shape])))
  return channels.apply(xs)
}

/** One of the parts. */
const cut = (x: Tensor, index: number, parts: number): Tensor => {
  const [outer, share] = [x.shape.slice(0, -1), shareOf(x.shape, parts)]
  return slice(x, [...outer.map(() => 0), index * share], [...outer, share])
}

const shapeOfPart = (input: Shape, parts: number): Shape => [...input.slice(0, -1), shareOf(input, parts)]

/**
 * One of several equal parts of the channels, as a layer: `y[…, c] = x[…, index channels / parts + c]`.
 *
 * @param options the index of the part from 0, and how many there are
 * @throws OptionsError if there is not such a part
 * @throws ShapeError, from `plan`, if the parts do not divide the channels
 * @see PyTorch's `torch.chunk`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { channelsPart } from '@resfn/split-channels'
 *
 * assert.deepEqual(channelsPart({ index: 3, parts: 4 }).plan([8, 8, 64]).output, [8, 8, 16])
 * ```
 */
export const channelsPart = (options: { readonly index: number; readonly parts: number }): Layer<Empty> => {
  const { index, parts } = options
  checkOptions('channelsPart', options, {
    index: wholeNumberFrom(0, Math.max(0, parts - 1)),
    parts: wholeNumberFrom(1),
  })
  return lift((x) => cut(x, index, parts), {
    kind: `part ${index} of ${parts}`,
    output: (input) => shapeOfPart(input, parts),
  })
}

/** A layer on one of the parts; its trees are the layer's own. */
const onPart = (layer: Layer<unknown, unknown>, index: number, parts: number): Layer<unknown, unknown> => ({
  plan: (input) => layer.plan(shapeOfPart(input, parts)),
  apply: (params, x, state) => layer.apply(params, cut(x, index, parts), state),
  train: (params, x, key) => layer.train(params, cut(x, index, parts), key),
})

/**
 * Named layers side by side, each on its own part of the channels, joined: `y = join(a(x_1), b(x_2), …)` with equal
 * parts `x_1, x_2, …` of x. With convolutions and the join `channels` it is the grouped convolution.
 *
 * @param paths a record of layers; its order is that of the parts and of the join
 * @param join how the outputs become one: `channels`, `sum`, `product`, or your own
 * @returns the layer, with the record as `layers`
 * @throws RangeError, TypeError for a name or a value that cannot be a part of a net, as `parallel` does
 * @throws ShapeError, from `plan`, if the paths do not divide the channels, or as `parallel` does
 * @see Krizhevsky et al., "ImageNet classification with deep convolutional neural networks" (2012), section 3.5, for
 * the grouped convolution; Xie et al., "Aggregated residual transformations" (2017), figure 3c
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { conv2d } from '@resfn/conv2d'
 * import { channels, summary } from '@resfn/layer'
 * import { splitChannels } from '@resfn/split-channels'
 *
 * const grouped = splitChannels({ left: conv2d({ out: 4, size: 3 }), right: conv2d({ out: 4, size: 3 }) }, channels)
 * assert.equal(summary(grouped, [8, 8, 6]).params, 2 * 9 * 3 * 4)
 * ```
 */
export const splitChannels = <const R extends Layers>(paths: R, join: Join): Parallel<R> => {
  // For its checks of the names and the layers.
  parallel(paths, join)
  const entries = Object.entries(paths)
  const parts = entries.map(([name, layer], i) => [name, onPart(untyped(layer), i, entries.length)] as const)
  const split: unknown = parallel(Object.fromEntries(parts), { ...join, kind: `split ${join.kind}` })
  return {
    ...(split as Parallel<R>),
    parts: { layers: paths, make: (others) => splitChannels(others, join), inOrder: false },
    layers: paths,
  }
}
