export {
  cifarMakers,
  type CifarResnet,
  cifarResnet,
  type CifarResnetOptions,
  type NoShortcuts,
  noShortcuts,
  type OptionA,
  optionA,
  type OptionB,
  optionB,
  type OptionC,
  optionC,
} from './cifar-resnet.ts'
