import { batchesPerEpoch } from '@resfn/batches'
import type { Augmentation } from '@resfn/augment'
import { binaryCrossEntropy, crossEntropy, distillation, type DistillationOptions, type Loss } from '@resfn/losses'
import { adam, adamW, exceptVectors, lamb, type Optimiser, ratesByPath, sgd, weightDecay } from '@resfn/optimisers'
import { constantRate, cosine, milestones, oneCycle, type Schedule } from '@resfn/schedules'
import {
  compose,
  type Images,
  type Moments,
  normalise,
  randomCrop,
  randomErasing,
  randomHorizontalFlip,
  resize,
  type Transform,
} from '@resfn/transforms'
import { parseRates } from './rates.ts'
import type { Recipe } from './recipe.ts'

/** The fields of a recipe that decide what is done to images before a net sees them, in training and evaluation. */
export type Preprocessing = Pick<Recipe, 'resize' | 'normalise'>

/**
 * Resizes and normalises images as the recipe says: what training and evaluation share.
 *
 * @param moments of the data set, for `normalise`
 */
export const preprocessing = (
  { resize: side, normalise: shift }: Preprocessing,
  moments: Moments,
): ((images: Images) => Images) =>
  compose(...(side > 0 ? [resize({ height: side, width: side })] : []), ...(shift ? [normalise(moments)] : []))

/**
 * The transform of training on images in memory: random flips and crops, then `preprocessing`, then random erasing.
 *
 * @param moments of the data set, for `normalise`
 */
export const augmentation = (
  recipe: Pick<Recipe, 'flip' | 'crop' | 'erasing'> & Preprocessing,
  moments: Moments,
): Transform =>
  compose(
    ...(recipe.flip ? [randomHorizontalFlip()] : []),
    ...(recipe.crop > 0 ? [randomCrop({ padding: recipe.crop })] : []),
    preprocessing(recipe, moments),
    ...(recipe.erasing > 0 ? [randomErasing({ probability: recipe.erasing })] : []),
  )

/**
 * What is done at random to pictures, one by one, before they are normalised.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { pictureAugmentation, presets } from '@resfn/recipe'
 *
 * assert.deepEqual(pictureAugmentation(presets['photos']!.recipe), { crop: { scale: [0.5, 1] }, mirror: true })
 * ```
 */
export const pictureAugmentation = ({
  scale,
  flip,
  randAugment,
  colourJitter,
}: Pick<Recipe, 'scale' | 'flip' | 'randAugment' | 'colourJitter'>): Augmentation => ({
  ...(scale > 0 && { crop: { scale: [scale, 1] as const } }),
  mirror: flip,
  ...(randAugment !== '' && { randAugment }),
  ...(colourJitter > 0 && { colourJitter }),
})

/** What a loss needs beside the recipe. */
export type LossParts = {
  /** of the classes, where the recipe balances them */
  readonly weights?: readonly number[]
  /** the net whose logits count for the share `distillation` of the recipe */
  readonly teacher?: DistillationOptions['teacher']
}

/**
 * The loss of a recipe.
 *
 * @param parts the weights of the classes, and the teacher, where there are some
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { lossOf, presets } from '@resfn/recipe'
 *
 * assert.equal(typeof lossOf(presets['quick']!.recipe), 'function')
 * ```
 */
export const lossOf = (
  {
    loss: kind,
    smoothing,
    distillation: share,
    temperature,
  }: Pick<Recipe, 'loss' | 'smoothing' | 'distillation' | 'temperature'>,
  { weights, teacher }: LossParts = {},
): Loss => {
  const options = { smoothing, ...(weights !== undefined && { weights }) }
  const loss = kind === 'binary' ? binaryCrossEntropy(options) : crossEntropy(options)
  return teacher === undefined ? loss : distillation({ teacher, loss, share, temperature })
}

/**
 * The optimiser of a recipe, with weight decay on all parameters but vectors, and with its rates by path.
 *
 * @throws PathError, from `init` and `update`, for a pattern of the rates that chooses no parameter
 */
export const optimiserOf = ({ rates, ...recipe }: OptimiserFields & Pick<Recipe, 'rates'>): Optimiser =>
  rates === '' ? evenOptimiser(recipe) : ratesByPath(parseRates(rates))(evenOptimiser(recipe))

type OptimiserFields = Pick<Recipe, 'optimiser' | 'momentum' | 'nesterov' | 'weightDecay'>

const evenOptimiser = ({ optimiser, momentum, nesterov, weightDecay: decay }: OptimiserFields): Optimiser => {
  if (optimiser === 'adamw') return adamW({ decay, mask: exceptVectors })
  if (optimiser === 'lamb') return lamb({ decay })
  const plain = optimiser === 'adam' ? adam() : sgd({ momentum, nesterov })
  return decay > 0 ? weightDecay({ decay, mask: exceptVectors })(plain) : plain
}

/**
 * The learning-rate schedule of a recipe over all steps of a run.
 *
 * @param examples training images in an epoch
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { presets, scheduleOf } from '@resfn/recipe'
 *
 * const schedule = scheduleOf(presets['cifar-resnet20']!.recipe, { examples: 60_000 })
 * assert.equal(schedule(0), 0.1)
 * assert.ok(Math.abs(schedule(63_000) - 0.001) < 1e-9)
 * ```
 */
export const scheduleOf = (
  { schedule, lr, epochs, batch }: Pick<Recipe, 'schedule' | 'lr' | 'epochs' | 'batch'>,
  { examples }: { readonly examples: number },
): Schedule => {
  const steps = Math.max(1, epochs * batchesPerEpoch(examples, { size: batch }))
  switch (schedule) {
    case 'constant':
      return constantRate(lr)
    case 'cosine':
      return cosine({ rate: lr, steps })
    case 'milestones':
      return milestones({ rate: lr, at: [Math.floor(steps / 2), Math.floor((3 * steps) / 4)] })
    case 'one-cycle':
      return oneCycle({ max: lr, steps, rises: 0.25 })
  }
}
