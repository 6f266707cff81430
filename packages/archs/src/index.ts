export { cifarResnet, type CifarResnetOptions, type CifarResnetParams, type CifarResnetState } from './cifar-resnet.ts'
export { lenet, type LenetOptions, type LenetParams, type LenetState } from './lenet.ts'
export { type NetEntry, nets } from './nets.ts'
export {
  d2lResnet18,
  resnet,
  type ResnetDepth,
  type ResnetOptions,
  type ResnetParams,
  type ResnetState,
  type Stage,
} from './resnet.ts'
