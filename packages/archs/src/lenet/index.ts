export { type Lenet, lenet, lenetMakers, type LenetOptions } from './lenet.ts'
