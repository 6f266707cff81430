import { parseRandAugment } from '@resfn/augment'
import { either as E } from 'fp-ts'
import * as v from 'valibot'
import { noExtras } from './presets.ts'
import { parseRates } from './rates.ts'
import type { Extras, Recipe } from './recipe.ts'

/** What is wrong with data that should be a recipe: each field, and what to give. */
export type RecipeError = { readonly _tag: 'RecipeError'; readonly message: string }

const checked = <T>(holds: (value: unknown) => boolean, wanted: string): v.GenericSchema<T> =>
  v.custom<T>(holds, ({ received }) => `give ${wanted}, not ${received}`)

/** The schema of a whole number in a range. */
export const wholeNumber = ({ from, to }: { readonly from: number; readonly to?: number }): v.GenericSchema<number> =>
  checked(
    (value) => Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= (to ?? Infinity),
    `a whole number from ${from}${to === undefined ? '' : ` to ${to}`}`,
  )

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

const numberFrom0 = checked<number>((value) => isNumber(value) && value >= 0, 'a number from 0')

const oneOf = <const T extends string>(...values: readonly T[]): v.GenericSchema<T> =>
  checked((value) => values.some((known) => known === value), `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`)

/** The longest side of images in pixels: a damaged file must not ask for more memory than there is. */
export const longestSide = 2048

const fromTo1 = checked<number>((value) => isNumber(value) && value >= 0 && value <= 1, 'a number from 0 to 1')

const below1 = checked<number>((value) => isNumber(value) && value >= 0 && value < 1, 'a number from 0 and below 1')

const isRandAugment = (value: unknown): boolean => {
  if (value === '') return true
  try {
    parseRandAugment(String(value))
    return typeof value === 'string'
  } catch {
    return false
  }
}

const areRates = (value: unknown): boolean => {
  try {
    parseRates(String(value))
    return typeof value === 'string'
  } catch {
    return false
  }
}

/** A field that may be left out. */
const extra = <K extends keyof Extras>(name: K, schema: v.GenericSchema<Recipe[K]>): v.GenericSchema<Recipe[K]> =>
  v.optional(schema, () => noExtras[name]) as v.GenericSchema<Recipe[K]>

/** The schema of each field of a recipe; spread it into the schema of settings that hold a recipe. */
export const recipeEntries: { readonly [K in keyof Recipe]: v.GenericSchema<Recipe[K]> } = {
  net: v.string(),
  epochs: wholeNumber({ from: 0 }),
  batch: wholeNumber({ from: 1 }),
  optimiser: oneOf('sgd', 'adam', 'adamw', 'lamb'),
  lr: numberFrom0,
  schedule: oneOf('constant', 'cosine', 'milestones', 'one-cycle'),
  momentum: below1,
  nesterov: v.boolean(),
  weightDecay: numberFrom0,
  smoothing: fromTo1,
  resize: wholeNumber({ from: 0, to: longestSide }),
  flip: v.boolean(),
  crop: wholeNumber({ from: 0, to: longestSide }),
  normalise: v.boolean(),
  loss: extra('loss', oneOf('cross-entropy', 'binary')),
  balance: extra('balance', v.boolean()),
  scale: extra('scale', fromTo1),
  randAugment: extra(
    'randAugment',
    checked<string>(isRandAugment, 'a configuration of RandAugment, such as rand-m9-mstd0.5, or nothing'),
  ),
  colourJitter: extra('colourJitter', numberFrom0),
  erasing: extra('erasing', fromTo1),
  mixup: extra('mixup', numberFrom0),
  cutmix: extra('cutmix', numberFrom0),
  microBatch: extra('microBatch', wholeNumber({ from: 0 })),
  patience: extra('patience', wholeNumber({ from: 0 })),
  freeze: extra('freeze', v.string()),
  rates: extra('rates', checked<string>(areRates, 'factors by parts, such as stem,layer1=0.1;fc=10, or nothing')),
  ema: extra('ema', below1),
  distillation: extra('distillation', fromTo1),
  temperature: extra(
    'temperature',
    checked<number>((value) => isNumber(value) && value > 0, 'a number above 0'),
  ),
}

/** Decodes data of unknown origin with a schema; the error names every field that is wrong. */
export const decodeWith = <T>(schema: v.GenericSchema<unknown, T>, value: unknown): E.Either<RecipeError, T> => {
  const result = v.safeParse(schema, value)
  if (result.success) return E.right(result.output)
  const problems = result.issues.map((issue) => {
    const path = v.getDotPath(issue)
    const message = issue.received === 'undefined' ? 'it is missing' : issue.message
    return path === null ? message : `${path}: ${message}`
  })
  return E.left({ _tag: 'RecipeError', message: problems.join('; ') })
}

/**
 * Decodes a recipe from data of unknown origin, such as a JSON file.
 *
 * @returns the recipe, or what is wrong with each field
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decodeRecipe, presets } from '@resfn/recipe'
 *
 * const result = decodeRecipe({ ...presets['quick']!.recipe, momentum: 1 })
 * assert.deepEqual(result, {
 *   _tag: 'Left',
 *   left: { _tag: 'RecipeError', message: 'momentum: give a number from 0 and below 1, not 1' },
 * })
 * ```
 */
export const decodeRecipe = (value: unknown): E.Either<RecipeError, Recipe> =>
  decodeWith(v.object(recipeEntries), value)
