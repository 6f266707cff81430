export { wideResnet, type WideResnetOptions } from './wide-resnet.ts'
