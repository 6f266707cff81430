import type { Recipe } from './recipe.ts'

const optimiser = ({ optimiser: name, momentum, nesterov }: Recipe): string => {
  if (name !== 'sgd') return { adam: 'Adam', adamw: 'AdamW', lamb: 'LAMB' }[name]
  return momentum > 0 ? `SGD, ${nesterov ? 'Nesterov ' : ''}momentum ${momentum}` : 'SGD'
}

/**
 * A recipe in words, for people.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { describeRecipe, presets } from '@resfn/recipe'
 *
 * assert.equal(describeRecipe(presets['lenet-bn']!.recipe), 'SGD, constant rate 1, batches of 256')
 * ```
 */
export const describeRecipe = (recipe: Recipe): string =>
  [
    optimiser(recipe),
    `${recipe.schedule} rate ${recipe.lr}`,
    `batches of ${recipe.batch}`,
    ...(recipe.weightDecay > 0 ? [`weight decay ${recipe.weightDecay}`] : []),
    ...(recipe.smoothing > 0 ? [`label smoothing ${recipe.smoothing}`] : []),
    ...(recipe.flip ? ['flips'] : []),
    ...(recipe.crop > 0 ? [`crops from ${recipe.crop} pixels of padding`] : []),
    ...(recipe.loss === 'binary' ? ['binary cross-entropy'] : []),
    ...(recipe.balance ? ['classes balanced'] : []),
    ...(recipe.scale > 0 ? [`random crops of ${recipe.scale} of the area or more`] : []),
    ...(recipe.randAugment !== '' ? [`RandAugment ${recipe.randAugment}`] : []),
    ...(recipe.colourJitter > 0 ? [`colour jitter ${recipe.colourJitter}`] : []),
    ...(recipe.erasing > 0 ? [`erasing ${recipe.erasing}`] : []),
    ...(recipe.mixup > 0 ? [`mixup ${recipe.mixup}`] : []),
    ...(recipe.cutmix > 0 ? [`cutmix ${recipe.cutmix}`] : []),
    ...(recipe.microBatch > 0 ? [`${recipe.microBatch} images at once`] : []),
    ...(recipe.patience > 0 ? [`patience of ${recipe.patience} epochs`] : []),
    ...(recipe.rates !== '' ? [`rates ${recipe.rates}`] : []),
    ...(recipe.ema > 0 ? [`moving average of ${recipe.ema}`] : []),
    ...(recipe.freeze !== '' ? [`${recipe.freeze} frozen`] : []),
    ...(recipe.resize > 0 ? [`images of ${recipe.resize} x ${recipe.resize}`] : []),
  ].join(', ')
