export { type ConvBn, convBn, type ConvBnParams, type ConvBnState, type Parts } from './conv-bn.ts'
