export { type CifarResnext, cifarResnext } from './cifar-resnext.ts'
export { resnext, type ResnextOptions } from './resnext.ts'
