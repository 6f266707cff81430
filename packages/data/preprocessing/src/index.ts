export { withChannels } from './channels.ts'
export type { Interpolation } from './coefficients.ts'
export { placeOf } from './geometry.ts'
export {
  inProportions,
  type Invert,
  likeDataSet,
  type LikeDataSet,
  lightOnDark,
  onWhite,
  placeAround,
  placeIn,
  trimmed,
} from './like-data-set.ts'
export type { Pixels, Window } from './pixels.ts'
export { fitPixels, preprocess, standardise } from './preprocess.ts'
export type { Preprocessing } from './preprocessing.ts'
export { type PillowResize, resizePillow } from './resize.ts'
