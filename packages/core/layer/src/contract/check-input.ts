import { Tensor } from '@tensorflow/tfjs-core'
import { show } from '@resfn/options'
import { PathError, ShapeError } from './path-error.ts'
import { formatShape, type Shape } from './shape.ts'

/** A layer was given something that it cannot compute with: not a tensor, a disposed one, or integers. */
export class InputError extends PathError {
  override readonly _tag = 'InputError'
}

/** The axes of one sample, by the kind of data: an image or a vector of features. */
const axes = { image: ['height', 'width', 'channels'], features: ['features'] } as const

/** What one sample may be. */
export type Layout = keyof typeof axes

const words = (layouts: readonly Layout[], batch: readonly string[] = []): string =>
  layouts.map((layout) => `[${[...batch, ...axes[layout]].join(',')}]`).join(' or ')

const fits = (rank: number, layouts: readonly Layout[]): boolean =>
  layouts.some((layout) => axes[layout].length === rank)

const withHint = (hint: string | undefined): string => (hint === undefined ? '' : `; ${hint}`)

/**
 * Throws unless the shape of one sample has one of the layouts. Plans of ops call it.
 *
 * @param caller the op, for the message
 * @param input the shape of one input sample
 * @param layouts `image` [height, width, channels], `features` [features], or both
 * @param hint what else to do about it, for the message
 * @throws ShapeError
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkSample } from '@resfn/layer'
 *
 * assert.throws(() => checkSample('conv2d', [10], ['image']), /conv2d takes \[height,width,channels\], but the input is \[10\]/)
 * ```
 */
export const checkSample = (caller: string, input: Shape, layouts: readonly Layout[], hint?: string): void => {
  if (!fits(input.length, layouts))
    throw new ShapeError(
      '',
      `${caller} takes ${words(layouts)}, but the input is ${formatShape(input)}${withHint(hint)}`,
    )
}

/**
 * Throws unless `x` is a tensor that is not disposed.
 *
 * @param caller the op, for the message
 * @param x the input
 * @throws InputError
 */
export const checkTensor = (caller: string, x: Tensor): void => {
  if (!(x instanceof Tensor)) throw new InputError('', `${caller} takes a tensor, not ${show(x)}`)
  if (x.isDisposed)
    throw new InputError(
      '',
      `the input of ${caller} is disposed; return it from the tf.tidy that made it, or dispose it later`,
    )
}

/**
 * Throws unless `x` is a batch of float32 samples of one of the layouts. Ops call it when they run; it reads a few
 * properties and no values.
 *
 * @param caller the op, for the message
 * @param x the input, `[batch, ...sample]`
 * @param layouts `image` [batch, height, width, channels], `features` [batch, features], or both
 * @param hint what else to do about another shape, for the message
 * @throws InputError if `x` is not a live float32 tensor
 * @throws ShapeError if it has another layout, with what to do if the batch axis is missing
 */
export const checkBatch = (caller: string, x: Tensor, layouts: readonly Layout[], hint?: string): void => {
  checkTensor(caller, x)
  const { shape, dtype } = x
  if (!fits(shape.length - 1, layouts))
    throw new ShapeError(
      '',
      `${caller} takes ${words(layouts, ['batch'])}, but the input is ${formatShape(shape)}${
        fits(shape.length, layouts) ? '; add the batch axis with tf.expandDims(x, 0)' : withHint(hint)
      }`,
    )
  if (dtype !== 'float32')
    throw new InputError(
      '',
      `${caller} takes float32, but the input is ${dtype}; convert it with tf.cast(x, 'float32')`,
    )
}

/**
 * Throws if the last axis of a batch differs from what a weight takes: `[..., in / groups, out]`, or `[channels]`.
 * Anything else that is wrong with the weight is left to `checkVariables`.
 *
 * @param caller the op, for the message
 * @param x the input, channels last
 * @param weight the weight
 * @param groups the groups of a convolution
 * @throws ShapeError, with the right layout where the channels stand second, as in PyTorch
 */
export const checkChannels = (caller: string, x: Tensor, weight: Tensor, groups = 1): void => {
  if (!(weight instanceof Tensor)) return
  const each = weight.rank === 1 ? weight.shape[0] : weight.shape.at(-2)
  const { shape } = x
  if (each === undefined || shape.at(-1) === each * groups) return
  const taken = each * groups
  const what = shape.length === 4 ? 'channels' : 'features'
  const isChannelsFirst = shape.length === 4 && shape[1] === taken
  throw new ShapeError(
    '',
    `the input ${formatShape(shape)} of ${caller} has ${shape.at(-1)} ${what} on its last axis, but the weight ${formatShape(weight.shape)} takes ${taken}${groups === 1 ? '' : ` in ${groups} groups`}; ${
      isChannelsFirst
        ? 'images are [batch,height,width,channels]: use tf.transpose(x, [0, 2, 3, 1])'
        : 'give it inputs of the shape that the net was made for, or the parameters of this net'
    }`,
  )
}
