export { type CifarDensenet, cifarDensenet, cifarDensenetBc, type CifarDensenetOptions } from './cifar-densenet.ts'
export { type D2lDensenet, d2lDensenet } from './d2l-densenet.ts'
export {
  type DeepDensenet,
  deepDensenet,
  type DeepDensenetOptions,
  type Densenet,
  densenet,
  type DensenetDepth,
  type DensenetOptions,
  type DenseStages,
  denseStages,
  type DenseStagesOptions,
} from './densenet.ts'
export { convStem, type ConvStem, type DeepStem, densenetMakers } from './stems.ts'
