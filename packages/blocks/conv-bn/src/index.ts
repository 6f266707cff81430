export { type ConvBn, convBn } from './conv-bn.ts'
