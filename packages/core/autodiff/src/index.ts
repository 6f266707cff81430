export { MissingGradientError } from './backward.ts'
export { registerGradients } from './register-gradients.ts'
export {
  type Differentiated,
  type Objective,
  pullback,
  UnconnectedError,
  valueAndGradient,
} from './value-and-gradient.ts'
