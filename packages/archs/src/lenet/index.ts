export { type Lenet, lenet, type LenetOptions } from './lenet.ts'
