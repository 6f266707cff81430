export { activation, type ActivationName, relu, sigmoid, tanh } from './activation.ts'
