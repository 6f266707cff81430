export { type BatchNorm, type Conv2d, type Makers, makers, makersOr } from './makers.ts'
