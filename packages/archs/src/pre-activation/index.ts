export { bit, bitMakers, type BitOptions } from './bit.ts'
export {
  type BareAveragedShortcut,
  bareAveragedShortcut,
  type BareShortcut,
  bareShortcut,
  preActivationBlocks,
  preActivationBottlenecks,
  type PreActivationKind,
  preActivationKind,
  type PreActivationKindOptions,
  type PreActivationOptions,
} from './kinds.ts'
export {
  type CifarPreActivationOptions,
  cifarPreActivationResnet,
  kuangliuPreActivationResnet,
  preActivationResnet,
} from './pre-activation-resnet.ts'
export { preActivationStages, type PreActivationStagesOptions, resnetv2, type Resnetv2Options } from './resnetv2.ts'
export { bareDeepStem, type BareStem, bareStem, framedStem } from './stems.ts'
