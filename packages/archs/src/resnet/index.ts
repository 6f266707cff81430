export { type D2lResnet18, d2lResnet18 } from './d2l-resnet18.ts'
export {
  type BasicBlocks,
  basicBlocks,
  type BasicResnet,
  type BlockKind,
  type BottleneckResnet,
  type Bottlenecks,
  bottlenecks,
  type FourStages,
  fourStages,
  type Resnet,
  resnet,
  type ResnetDepth,
  type ResnetOptions,
} from './resnet.ts'
