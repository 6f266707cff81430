export {
  type Gained,
  scaledWeightStandardisation,
  type ScaledWeightStandardisationOptions,
} from './scaled-weight-standardisation.ts'
export {
  applyWeightStandardisation,
  type Weighted,
  weightStandardisation,
  type WeightStandardisationOptions,
} from './weight-standardisation.ts'
