import { checkOptions, numberFrom, oneOf, optional, type Rule } from '@resfn/options'
import { fold, integers, type Key, normal, uniform } from '@resfn/random'
import type { Transform } from './images.ts'
import { keyOf } from './random.ts'

/** Options of `randomErasing`. */
export type RandomErasingOptions = {
  /** How likely an image loses a rectangle; by default one half. */
  readonly probability?: number
  /** The share of the area that is erased, from and to; by default 0.02 to 1/3. */
  readonly area?: readonly [from: number, to: number]
  /** The smallest ratio of height to width, the largest being its inverse; by default 0.3. */
  readonly ratio?: number
  /**
   * What stands there then: 0, which is the mean of normalised images (the default), one normal number for each
   * `channel`, or one for each `pixel`.
   */
  readonly fill?: 'zero' | 'channel' | 'pixel'
}

const areas: Rule = {
  must: 'two numbers in order, from above 0 to 1',
  holds: (value) => Array.isArray(value) && value.length === 2 && value[0] > 0 && value[1] >= value[0] && value[1] <= 1,
}

const attempts = 10

type Rectangle = { readonly top: number; readonly left: number; readonly height: number; readonly width: number }

/** A rectangle that lies inside the image; nothing where none of ten draws does. */
const draw = (
  key: Key,
  [height, width]: readonly [number, number],
  { area = [0.02, 1 / 3], ratio = 0.3 }: RandomErasingOptions,
): Rectangle | undefined => {
  const between = (own: Key, low: number, high: number): number => low + (high - low) * uniform(own, 1)[0]!
  for (let attempt = 0; attempt < attempts; attempt++) {
    const own = fold(key, attempt)
    const size = between(fold(own, 'area'), ...area) * height * width
    const sides = Math.exp(between(fold(own, 'ratio'), Math.log(ratio), -Math.log(ratio)))
    const [down, across] = [Math.round(Math.sqrt(size * sides)), Math.round(Math.sqrt(size / sides))]
    if (down >= height || across >= width) continue
    const [top] = integers(fold(own, 'top'), 1, { low: 0, high: height - down + 1 })
    const [left] = integers(fold(own, 'left'), 1, { low: 0, high: width - across + 1 })
    return { top: top!, left: left!, height: down, width: across }
  }
  return undefined
}

/**
 * Erases a random rectangle of each image with a probability. Use it after `normalise`, where zero is the mean.
 *
 * @param options see `RandomErasingOptions`
 * @throws RangeError if an option is unknown or wrong, or an image has no key
 * @see Zhong et al., "Random erasing data augmentation" (2020)
 * @see timm, `RandomErasing` of `data/random_erasing.py` with a count of 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { randomErasing } from '@resfn/transforms'
 *
 * const { images } = randomErasing({ probability: 1 })({ images: new Float32Array(64).fill(1), shape: [1, 8, 8, 1] }, [[0, 1]])
 * const erased = images.filter((value) => value === 0).length
 * assert.ok(erased >= 1 && erased <= 25)
 * ```
 */
export const randomErasing = (options: RandomErasingOptions = {}): Transform => {
  checkOptions('randomErasing', options, {
    probability: optional(numberFrom(0, 1)),
    area: optional(areas),
    ratio: optional({
      must: 'a number from above 0 to 1',
      holds: (value) => typeof value === 'number' && value > 0 && value <= 1,
    }),
    fill: optional(oneOf('zero', 'channel', 'pixel')),
  })
  const { probability = 0.5, fill = 'zero' } = options
  return ({ images, shape }, keys) => {
    const [count, height, width, channels] = shape
    const result = new Float32Array(images)
    for (let n = 0; n < count; n++) {
      const key = keyOf('erase', keys, n)
      const rectangle =
        uniform(fold(key, 'done'), 1)[0]! < probability ? draw(fold(key, 'place'), [height, width], options) : undefined
      if (rectangle === undefined) continue
      const row = rectangle.width * channels
      const numbers = fill === 'zero' ? 0 : fill === 'channel' ? channels : rectangle.height * row
      const values = normal(fold(key, 'fill'), numbers)
      for (let i = 0; i < rectangle.height * row; i++) {
        const at = ((n * height + rectangle.top + Math.floor(i / row)) * width + rectangle.left) * channels + (i % row)
        result[at] = fill === 'zero' ? 0 : values[fill === 'channel' ? i % channels : i]!
      }
    }
    return { images: result, shape }
  }
}
