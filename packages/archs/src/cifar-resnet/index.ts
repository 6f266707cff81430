export {
  type CifarBottleneckResnet,
  cifarBottleneckResnet,
  cifarMakers,
  type CifarResnet,
  cifarResnet,
  type CifarResnetOptions,
} from './cifar-resnet.ts'
export {
  type NoShortcuts,
  noShortcuts,
  type OptionA,
  optionA,
  optionACentred,
  type OptionB,
  optionB,
  type OptionC,
  optionC,
} from './options.ts'
export { type Resnet9, resnet9 } from './resnet9.ts'
