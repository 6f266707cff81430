export { decodeRecipe, decodeWith, longestSide, recipeEntries, type RecipeError, wholeNumber } from './decode.ts'
export { describeRecipe } from './describe-recipe.ts'
export {
  augmentation,
  lossOf,
  optimiserOf,
  pictureAugmentation,
  type Preprocessing,
  preprocessing,
  scheduleOf,
} from './make.ts'
export { type Preset, presets } from './presets.ts'
export { parseRates, RatesError } from './rates.ts'
export type { Recipe } from './recipe.ts'
