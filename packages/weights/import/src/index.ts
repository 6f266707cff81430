export { bestFormat, type Formats } from './best-format.ts'
export { numpyWeights, torchWeights } from './decoded-weights.ts'
export type { ImportError, KeyFaults, OtherKeys } from './import-error.ts'
export { type Imported, type ImportOptions, importWeights } from './import-weights.ts'
export { type ImportedLeaf, type ImportPlan, type ImportTarget, planImport } from './plan-import.ts'
export {
  type PublishedTensor,
  type PublishedWeights,
  type ReadError,
  type SourceFile,
  withoutPrefix,
} from './published-weights.ts'
export { safetensorsWeights, shardedWeights } from './safetensors-weights.ts'
export { bufferedFile, fileOf } from '@resfn/zip'
