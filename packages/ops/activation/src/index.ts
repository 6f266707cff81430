export {
  activation,
  type ActivationName,
  applyActivation,
  gelu,
  hardSigmoid,
  hardSwish,
  relu,
  sigmoid,
  silu,
  tanh,
} from './activation.ts'
