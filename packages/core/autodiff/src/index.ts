export { MissingGradientError } from './backward.ts'
export { registerGradients } from './register-gradients.ts'
export {
  type Differentiated,
  type Objective,
  pullback,
  type ReversePass,
  UnconnectedError,
  valueAndGradient,
} from './value-and-gradient.ts'
