export { fashionMnistResnet20 } from './files.ts'
