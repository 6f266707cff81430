export { applyConv2d, conv2d, type Conv2dOptions, type Conv2dParams, type Conv2dWindow } from './conv2d.ts'
