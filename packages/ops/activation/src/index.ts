export { activation, type ActivationName, applyActivation, relu, sigmoid, tanh } from './activation.ts'
