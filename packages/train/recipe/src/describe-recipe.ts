import type { Recipe } from './recipe.ts'

const optimiser = ({ optimiser: name, momentum, nesterov }: Recipe): string => {
  if (name === 'adam') return 'Adam'
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
    ...(recipe.resize > 0 ? [`images of ${recipe.resize} x ${recipe.resize}`] : []),
  ].join(', ')
