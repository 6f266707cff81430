import { mul, tensor, type Tensor } from '@tensorflow/tfjs-core'
import { checkBatch, checkSample, type Empty, inTraining, type Layer } from '@resfn/layer'
import { checkOptions, numberFrom, optional, wholeNumberFrom } from '@resfn/options'
import { type Key, uniform } from '@resfn/random'

/** How large the dropped blocks are, and how much of an image they take. */
export type DropBlockOptions = {
  /** the share of the image that is to be dropped, from 0 to 1 */
  readonly rate: number
  /** height and width of a block, in pixels; 7 by default. On a smaller image it is the image's own. */
  readonly size?: number
  /** a factor on the number of blocks; 1 by default */
  readonly gammaScale?: number
}

const rules = { rate: numberFrom(0, 1), size: optional(wholeNumberFrom(1)), gammaScale: optional(numberFrom(0)) }

/**
 * What becomes of seeds along one axis: a value is 1 if one of the seeds of its block is 1. Blocks are centred; one of
 * an even size reaches one pixel further after the centre than before.
 */
const widen = (seeds: Float32Array, lines: { readonly count: number; readonly step: number }, size: number) => {
  const { count, step } = lines
  const [before, after] = [Math.floor((size - 1) / 2), Math.floor(size / 2)]
  return seeds.map((_, i) => {
    const at = Math.floor(i / step) % count
    for (let j = Math.max(0, at - before); j <= Math.min(count - 1, at + after); j++)
      if (seeds[i + (j - at) * step]! > 0) return 1
    return 0
  })
}

/** The factor of each pixel, from seeds of blocks: 0 in a block, elsewhere what keeps the mean of all. */
export const maskOf = (seeds: Float32Array, [height, width]: readonly [number, number], size: number): Float32Array => {
  const tall = widen(seeds, { count: height, step: width }, Math.min(size, height))
  const blocks = widen(tall, { count: width, step: 1 }, Math.min(size, width))
  const kept = blocks.length - blocks.reduce((sum, dropped) => sum + dropped, 0)
  return blocks.map((dropped) => (1 - dropped) * (blocks.length / (kept + 1e-7)))
}

/** The probability of a seed at a pixel. */
export const gammaOf = (
  height: number,
  width: number,
  { rate, size = 7, gammaScale = 1 }: DropBlockOptions,
): number => {
  const [rows, columns] = [Math.min(size, height), Math.min(size, width)]
  return (gammaScale * rate * height * width) / (rows * columns) / ((height - rows + 1) * (width - columns + 1))
}

const drop = (x: Tensor, key: Key, options: DropBlockOptions): Tensor => {
  checkBatch('dropBlock', x, ['image'])
  if (options.rate === 0) return x
  const [batch, height, width] = x.shape as [number, number, number, number]
  const gamma = gammaOf(height, width, options)
  const seeds = uniform(key, batch * height * width).map((draw) => (draw < gamma ? 1 : 0))
  return mul(x, tensor(maskOf(seeds, [height, width], options.size ?? 7), [batch, height, width, 1]))
}

/**
 * DropBlock as a bare function: `y = mask x n / sum(mask)`, where the mask of n pixels is 0 on square blocks and 1
 * elsewhere, alike in all channels. A block stands at each pixel with the probability `gamma = gammaScale rate height
 * width / size^2 / ((height - size + 1) (width - size + 1))`.
 *
 * @param x [batch, height, width, channels]
 * @param key the draws are a function of it and of the shape, the same on every backend
 * @param options rate, size of a block, scale of gamma
 * @returns y, of the same shape; x itself at rate 0
 * @throws OptionsError if an option is unknown, missing or outside of its range
 * @throws ShapeError, InputError if x is not a float32 batch of images
 * @see Ghiasi et al., "DropBlock: a regularization method for convolutional networks" (2018), algorithm 1; blocks may
 * reach over the edge, as in timm's `drop_block_2d`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyDropBlock } from '@resfn/drop-block'
 * import { key } from '@resfn/random'
 *
 * const y = applyDropBlock(tf.ones([4, 16, 16, 2]), key(0), { rate: 0.2, size: 5 })
 * assert.ok(Math.abs(tf.mean(y).dataSync()[0]! - 1) < 1e-5)
 * ```
 */
export const applyDropBlock = (x: Tensor, key: Key, options: DropBlockOptions): Tensor => {
  checkOptions('applyDropBlock', options, rules)
  return drop(x, key, options)
}

/**
 * DropBlock as a layer: blocks of pixels are dropped in training, `y = x` in evaluation.
 *
 * @param options rate, size of a block, scale of gamma
 * @throws OptionsError if an option is unknown, missing or outside of its range
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels]
 * @see Ghiasi et al., "DropBlock: a regularization method for convolutional networks" (2018), algorithm 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dropBlock } from '@resfn/drop-block'
 *
 * assert.deepEqual(dropBlock({ rate: 0.1, size: 5 }).plan([14, 14, 8]).output, [14, 14, 8])
 * ```
 */
export const dropBlock = (options: DropBlockOptions): Layer<Empty> => {
  checkOptions('dropBlock', options, rules)
  const { rate, size = 7 } = options
  return inTraining((x, key) => drop(x, key, options), {
    kind: `dropBlock ${size}x${size} ${rate}`,
    output: (input) => {
      checkSample('dropBlock', input, ['image'])
      return input
    },
  })
}

/**
 * The layers of the last two of four stages: blocks of 5 pixels with a quarter of gamma in the third, of 3 in the
 * fourth. The first two stages have none.
 *
 * @param rate the share of the image that is to be dropped, from 0 to 1
 * @throws OptionsError if the rate is outside of 0 to 1
 * @see timm's `drop_blocks` of its ResNets
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dropBlockStages } from '@resfn/drop-block'
 *
 * const [third, fourth] = dropBlockStages(0.1)
 * assert.deepEqual([third, fourth].map((layer) => layer.plan([14, 14, 8]).kind), ['dropBlock 5x5 0.1', 'dropBlock 3x3 0.1'])
 * ```
 */
export const dropBlockStages = (rate: number): readonly [third: Layer<Empty>, fourth: Layer<Empty>] => [
  dropBlock({ rate, size: 5, gammaScale: 0.25 }),
  dropBlock({ rate, size: 3 }),
]
