import { nearest } from '@resfn/options'
import type { Interpolation, Pixels } from '@resfn/preprocessing'
import { fold, integers, type Key, normal, uniform } from '@resfn/random'
import { increasingOps, type RandAugmentOp, randAugmentOps } from './rand-augment-ops.ts'

/** What a configuration of RandAugment says. */
export type RandAugment = {
  /** The mean level of the operations, `m`. */
  readonly magnitude: number
  /** Operations a picture, `n`; by default 2. */
  readonly layers: number
  /** How likely each is done, `p`; by default a half. */
  readonly probability: number
  /** The deviation of the level, `mstd`; by default 0, and above 100 the level is drawn evenly up to the magnitude. */
  readonly deviation: number
  /** The highest level, `mmax`; by default 10. */
  readonly most: number
  /** Whether strength grows with the level, `inc`; by default not. */
  readonly increasing: boolean
}

const fields: {
  readonly [name: string]: { readonly field: keyof RandAugment; readonly fits: (value: number) => boolean }
} = {
  m: { field: 'magnitude', fits: (value) => value >= 0 },
  n: { field: 'layers', fits: (value) => Number.isInteger(value) && value >= 1 },
  p: { field: 'probability', fits: (value) => value >= 0 && value <= 1 },
  mstd: { field: 'deviation', fits: (value) => value >= 0 },
  mmax: { field: 'most', fits: (value) => value > 0 },
  inc: { field: 'increasing', fits: (value) => value === 0 || value === 1 },
}

/**
 * Reads timm's configuration of RandAugment, such as `rand-m9-mstd0.5-inc1`: magnitude `m`, layers `n`, probability
 * `p`, deviation `mstd`, highest level `mmax`, and `inc1` for operations that grow with the level.
 *
 * @throws RangeError that names the part that is wrong
 * @see timm, `rand_augment_transform` of `data/auto_augment.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseRandAugment } from '@resfn/augment'
 *
 * assert.deepEqual(parseRandAugment('rand-m9-mstd0.5'), { magnitude: 9, layers: 2, probability: 0.5, deviation: 0.5, most: 10, increasing: false })
 * assert.throws(() => parseRandAugment('rand-k9'), /k9 .* m, n, p, mstd, mmax, inc/)
 * ```
 */
export const parseRandAugment = (config: string): RandAugment => {
  const [first, ...sections] = config.split('-')
  if (first !== 'rand')
    throw new RangeError(
      `RandAugment: the configuration ${JSON.stringify(config)} does not begin with rand; give one such as rand-m9-mstd0.5`,
    )
  const found: Partial<Record<keyof RandAugment, number | boolean>> = {}
  for (const section of sections) {
    const [, name = '', digits = ''] = /^([a-z]+)(\d+(?:\.\d+)?)$/.exec(section) ?? []
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (known === undefined || !known.fits(Number(digits))) {
      const [meant] = nearest(name, Object.keys(fields))
      throw new RangeError(
        `RandAugment: ${section} in ${JSON.stringify(config)} is not a part of a configuration${meant === undefined || meant === name ? '' : ` (did you mean ${meant}?)`}; each is one of ${Object.keys(fields).join(', ')} with a number, as in rand-m9-mstd0.5-inc1`,
      )
    }
    found[known.field] = known.field === 'increasing' ? Number(digits) === 1 : Number(digits)
  }
  return {
    magnitude: 10,
    layers: 2,
    probability: 0.5,
    deviation: 0,
    most: 10,
    increasing: false,
    ...(found as Partial<RandAugment>),
  }
}

/** One of two interpolations, as timm draws it. */
export const drawInterpolation = (key: Key): Interpolation =>
  uniform(fold(key, 'interpolation'), 1)[0]! < 0.5 ? 'bilinear' : 'bicubic'

const level = ({ magnitude, deviation, most }: RandAugment, key: Key): number => {
  const drawn =
    deviation > 100
      ? uniform(fold(key, 'level'), 1)[0]! * magnitude
      : magnitude + (deviation === 0 ? 0 : deviation * normal(fold(key, 'level'), 1)[0]!)
  return Math.max(0, Math.min(drawn, most))
}

/**
 * RandAugment: as many operations as there are layers, each drawn from all and done with a probability.
 *
 * @param pixels a picture
 * @param config see `parseRandAugment`
 * @param options the random `key`, and what comes from outside the picture: `fill`, a byte for each channel
 * @see Cubuk et al., "RandAugment: practical automated data augmentation" (2020)
 * @see timm, `data/auto_augment.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseRandAugment, randAugment } from '@resfn/augment'
 * import { key } from '@resfn/random'
 *
 * const picture = { data: new Uint8Array(8 * 8 * 3).fill(100), width: 8, height: 8, channels: 3 } as const
 * const { width, height } = randAugment(picture, parseRandAugment('rand-m9-mstd0.5'), { key: key(0), fill: [128, 128, 128] })
 * assert.deepEqual([width, height], [8, 8])
 * ```
 */
export const randAugment = (
  pixels: Pixels,
  config: RandAugment,
  { key, fill }: { readonly key: Key; readonly fill: readonly number[] },
): Pixels => {
  const ops: readonly RandAugmentOp[] = Object.values(config.increasing ? increasingOps : randAugmentOps)
  return Array.from({ length: config.layers }, (_, layer) => fold(key, layer)).reduce((now, own) => {
    const [chance, sign] = [uniform(fold(own, 'done'), 1)[0]!, uniform(fold(own, 'sign'), 1)[0]!]
    if (chance >= config.probability) return now
    const [at] = integers(fold(own, 'operation'), 1, { low: 0, high: ops.length })
    return ops[at!]!(now, {
      level: level(config, own),
      sign: sign < 0.5 ? 1 : -1,
      interpolation: drawInterpolation(own),
      fill,
    })
  }, pixels)
}
