export { type Excitation, excitation, type ExcitationOptions } from './excitation.ts'
export { reduceBy, reduceToMultiple, type ReduceToMultipleOptions, type Reduction } from './reduction.ts'
export {
  type SqueezeAndExcitation,
  squeezeAndExcitation,
  type SqueezeAndExcitationOptions,
} from './squeeze-and-excitation.ts'
