export { type Begun, type BlockKind, blockKind, type Changed, everywhere, type Kept, type Place } from './block-kind.ts'
export { type BasicBlocks, basicBlocks, type Bottlenecks, bottlenecks, type ShortcutOption } from './kinds.ts'
export { type D2lResnet18, d2lResnet18, textbookMakers } from './d2l-resnet18.ts'
export {
  type BasicResnet,
  type BottleneckResnet,
  type Resnet,
  resnet,
  type ResnetDepth,
  type ResnetOptions,
} from './resnet.ts'
export { convShortcut, type ShortcutPlace } from './shortcuts.ts'
export {
  type FourStages,
  fourStages,
  type FourStagesOptions,
  type NoLayers,
  type ThreeStages,
  threeStages,
  type ThreeStagesOptions,
} from './stages.ts'
export { deepStem, type Stem, type ThreeConvs, usualStem } from './stems.ts'
