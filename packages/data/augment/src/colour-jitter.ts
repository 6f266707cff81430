import type { Pixels } from '@resfn/preprocessing'
import { fold, type Key, permutation, uniform } from '@resfn/random'
import { brightness, colour, contrast } from './enhance.ts'

const steps = [brightness, contrast, colour]

/**
 * Changes brightness, contrast and saturation, in an order that is drawn too, each by a factor drawn evenly from
 * `1 - strength` (at least 0) to `1 + strength`.
 *
 * @param pixels a picture
 * @param strength from 0; timm's default is 0.4
 * @param key the random key
 * @see torchvision, `ColorJitter`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { colourJitter } from '@resfn/augment'
 * import { key } from '@resfn/random'
 *
 * const picture = { data: new Uint8Array([10, 200, 90]), width: 1, height: 1, channels: 3 } as const
 * assert.deepEqual(colourJitter(picture, 0, key(0)).data, picture.data)
 * ```
 */
export const colourJitter = (pixels: Pixels, strength: number, key: Key): Pixels =>
  [...permutation(fold(key, 'order'), steps.length)].reduce((now, index) => {
    const low = Math.max(0, 1 - strength)
    const factor = low + (1 + strength - low) * uniform(fold(key, index), 1)[0]!
    return steps[index]!(now, factor)
  }, pixels)
