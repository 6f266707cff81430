import { checkOptions, numberFrom, optional, type Rule, wholeNumberFrom } from '@resfn/options'
import { beta, fold, integers, type Key, uniform } from '@resfn/random'
import type { Batch, Batches, Examples } from './batch.ts'
import { passRules } from './pass.ts'

/** How `mixed` mixes the images of a batch. */
export type Mixing = {
  /** The number of classes, for the targets. */
  readonly classes: number
  /** Decides all chance. */
  readonly key: Key
  /** Mixup's alpha: the shares are of the distribution beta(alpha, alpha); by default there is no mixup. */
  readonly mixup?: number
  /** Cutmix's alpha; by default there is no cutmix. */
  readonly cutmix?: number
  /** How likely a batch is mixed at all; by default always. */
  readonly probability?: number
  /** How likely it is cutmix where there are both; by default a half. */
  readonly switchProbability?: number
}

/** A rectangle of all images of a batch, in pixels; `bottom` and `right` are not in it. */
export type Box = { readonly top: number; readonly left: number; readonly bottom: number; readonly right: number }

const sizeOf = ({ shape }: Examples): number => shape.slice(1).reduce((product, side) => product * side, 1)

/** What mixing makes of labels: those with the larger share, and shares of all classes as targets. */
export type Mixed = Required<Pick<Examples, 'labels' | 'targets'>>

/**
 * Targets where each image has `share` of its own label and the rest of its partner's: the one at the same place from
 * the end.
 */
const mixedLabels = ({ labels }: Examples, share: number, classes: number): Mixed => {
  const targets = new Float32Array(labels.length * classes)
  labels.forEach((label, i) => {
    targets[i * classes + label]! += share
    targets[i * classes + labels.at(-1 - i)!]! += 1 - share
  })
  return { labels: share >= 0.5 ? labels : labels.toReversed(), targets }
}

/**
 * Mixup: `share * x + (1 - share) * partner`, for images and labels; the partner of an image is the one at the same
 * place from the end of the batch.
 *
 * @param examples a batch
 * @param options `share` of an image's own, from 0 to 1, and the number of `classes`
 * @returns the batch with `targets`; `labels` are those with the larger share
 * @see Zhang et al., "mixup: beyond empirical risk minimization" (2018)
 * @see timm, `data/mixup.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mixup } from '@resfn/batches'
 *
 * const examples = { images: new Float32Array([0, 8]), shape: [2, 1], labels: new Int32Array([0, 1]) }
 * const { images, targets } = mixup(examples, { share: 0.75, classes: 2 })
 * assert.deepEqual([...images], [2, 6])
 * assert.deepEqual([...targets], [0.75, 0.25, 0.25, 0.75])
 * ```
 */
export const mixup = <B extends Examples>(
  examples: B,
  { share, classes }: { readonly share: number; readonly classes: number },
): B & Mixed => {
  const { images } = examples
  const size = sizeOf(examples)
  const last = examples.labels.length - 1
  const result = new Float32Array(images.length)
  for (let n = 0; n <= last; n++)
    for (let i = 0; i < size; i++)
      result[n * size + i] = share * images[n * size + i]! + (1 - share) * images[(last - n) * size + i]!
  return { ...examples, images: result, ...mixedLabels(examples, share, classes) }
}

/**
 * Cutmix: a rectangle of each image comes from its partner, the one at the same place from the end of the batch, and so
 * does the same share of its label.
 *
 * @param examples a batch of images `[batch, height, width, channels]`
 * @param options the `box` that comes from the partner, and the number of `classes`
 * @returns the batch with `targets`; `labels` are those with the larger share
 * @see Yun et al., "CutMix: regularization strategy to train strong classifiers" (2019)
 * @see timm, `data/mixup.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cutmix } from '@resfn/batches'
 *
 * const examples = { images: new Float32Array([1, 1, 2, 2]), shape: [2, 1, 2, 1], labels: new Int32Array([0, 1]) }
 * const { images, targets } = cutmix(examples, { box: { top: 0, left: 1, bottom: 1, right: 2 }, classes: 2 })
 * assert.deepEqual([...images], [1, 2, 2, 1])
 * assert.deepEqual([...targets], [0.5, 0.5, 0.5, 0.5])
 * ```
 */
export const cutmix = <B extends Examples>(
  examples: B,
  { box, classes }: { readonly box: Box; readonly classes: number },
): B & Mixed => {
  const { images } = examples
  const [count = 0, height = 1, width = 1, channels = 1] = examples.shape
  const result = images.slice()
  const row = width * channels
  for (let n = 0; n < count; n++)
    for (let y = box.top; y < box.bottom; y++) {
      const [own, other] = [(n * height + y) * row, ((count - 1 - n) * height + y) * row]
      const [from, to] = [box.left * channels, box.right * channels]
      result.set(images.subarray(other + from, other + to), own + from)
    }
  const share = 1 - ((box.bottom - box.top) * (box.right - box.left)) / (height * width)
  return { ...examples, images: result, ...mixedLabels(examples, share, classes) }
}

/** The rectangle around a place that is drawn, cut at the edges, whose sides have the share `sqrt(1 - share)`. */
const drawBox = ([, height = 1, width = 1]: readonly number[], share: number, key: Key): Box => {
  const ratio = Math.sqrt(1 - share)
  const side = (length: number, name: string): readonly [number, number] => {
    const cut = Math.trunc(length * ratio)
    const [centre] = integers(fold(key, name), 1, { low: 0, high: length })
    const clip = (at: number): number => Math.max(0, Math.min(length, at))
    return [clip(centre! - Math.floor(cut / 2)), clip(centre! + Math.floor((cut + 1) / 2))]
  }
  const [[top, bottom], [left, right]] = [side(height, 'row'), side(width, 'column')]
  return { top, left, bottom, right }
}

const above0: Rule = { must: 'a number above 0', holds: (value) => Number.isFinite(value) && (value as number) > 0 }

const mix = <B extends Batch>(batch: B, mixing: Mixing): B => {
  const { classes, mixup: soft, cutmix: hard, probability = 1, switchProbability = 0.5 } = mixing
  const own = fold(fold(mixing.key, batch.cursor.epoch), batch.cursor.batch)
  const [chance, either] = [uniform(fold(own, 'mix'), 1)[0]!, uniform(fold(own, 'switch'), 1)[0]!]
  const isCut = hard !== undefined && (soft === undefined || either < switchProbability)
  const alpha = isCut ? hard : soft
  if (alpha === undefined || chance >= probability) return batch
  const [share] = beta(fold(own, 'share'), 1, { a: alpha, b: alpha })
  return isCut
    ? cutmix(batch, { box: drawBox(batch.shape, share!, fold(own, 'box')), classes })
    : mixup(batch, { share: share!, classes })
}

/**
 * Batches whose images are mixed with each other by mixup or cutmix, one of the two for a whole batch. What is drawn
 * for a batch depends on the key and its cursor alone, so that a resumed pass gives the same.
 *
 * @param batches any batches, such as those of `batches`
 * @param mixing see `Mixing`
 * @returns the batches with `targets` where they are mixed, and their `sizes`
 * @throws RangeError if an option is unknown or wrong
 * @see timm, `Mixup` of `data/mixup.py` in the mode `batch`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { batches, mixed } from '@resfn/batches'
 * import { key } from '@resfn/random'
 *
 * const set = { images: new Uint8Array([0, 255]), labels: new Uint8Array([0, 1]), shape: [1, 1, 1], classes: ['a', 'b'] } as const
 * const plain = batches(set, { size: 2, key: key(0), epochs: 1 })
 * for await (const { targets } of mixed(plain, { classes: 2, key: key(1), mixup: 0.2 })) assert.equal(targets!.length, 4)
 * ```
 */
export const mixed = <B extends Batch>(batches: Batches<B>, mixing: Mixing): Batches<B> => {
  const share = optional(numberFrom(0, 1))
  checkOptions('mixed', mixing, {
    classes: wholeNumberFrom(1),
    key: passRules.key,
    mixup: optional(above0),
    cutmix: optional(above0),
    probability: share,
    switchProbability: share,
  })
  const { sizes } = batches
  return {
    async *[Symbol.asyncIterator]() {
      for await (const batch of batches) yield mix(batch, mixing)
    },
    ...(sizes !== undefined && { sizes }),
  }
}
