export { type Cardinality, weightsOfPaths, widthOfPaths } from './cardinality.ts'
export { convertForm, type Form } from './convert.ts'
export {
  type EarlyConcatenation,
  earlyConcatenation,
  groupedConvolutions,
  type Paths,
  type PathsOptions,
  type SplitTransformMerge,
  splitTransformMerge,
  type Transform,
} from './forms.ts'
