export { fashionMnistPreactresnet20 } from './files.ts'
