export { type Attended, attended } from './attended.ts'
export {
  type AnyBlockKind,
  type Begun,
  type BlockKind,
  blockKind,
  type Changed,
  everywhere,
  type Kept,
  type Place,
} from './block-kind.ts'
export { type D2lResnet18, d2lResnet18, textbookMakers } from './d2l-resnet18.ts'
export { kerasResnet } from './keras-resnet.ts'
export { type BasicDepth, depths, type ResnetDepth } from './depths.ts'
export {
  type BasicBlocks,
  basicBlocks,
  bottleneckBranches,
  type Bottlenecks,
  bottlenecks,
  type BranchesOptions,
  type ShortcutOption,
} from './kinds.ts'
export { type BasicResnet, type BottleneckResnet, type Resnet, resnet, type ResnetOptions } from './resnet.ts'
export { type AveragedShortcut, averagedShortcut, convShortcut, type ShortcutPlace } from './shortcuts.ts'
export {
  type FourStages,
  fourStages,
  type FourStagesOptions,
  type NoLayers,
  type ThreeStages,
  threeStages,
  type ThreeStagesOptions,
} from './stages.ts'
export {
  caffePool,
  deepStem,
  smallStem,
  type SmallStem,
  type Stem,
  stridedStem,
  type StridedStem,
  type ThreeConvs,
  usualStem,
} from './stems.ts'
export { type Variant, type VariantLetter, variants } from './variants.ts'
