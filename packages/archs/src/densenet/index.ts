export { type CifarDensenet, cifarDensenet, cifarDensenetBc, type CifarDensenetOptions } from './cifar-densenet.ts'
export { type D2lDensenet, d2lDensenet } from './d2l-densenet.ts'
export {
  type ConvStem,
  type DeepStem,
  type Densenet,
  densenet,
  densenet264d,
  type DensenetDepth,
  densenetMakers,
  type DensenetOptions,
  type DenseStages,
  denseStages,
  type DenseStagesOptions,
} from './densenet.ts'
