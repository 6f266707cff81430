export type { Batch, Batches, BatchSizes, Cursor, Examples } from './batch.ts'
export { batches, batchesInOrder, type BatchesOptions } from './batches.ts'
export { firstOfEachClass, type ImageSet, imageSet, type ImageSetError, type Labels, select } from './image-set.ts'
export { type Box, cutmix, mixed, type Mixing, mixup, type Mixed } from './mix.ts'
export { batchesPerEpoch, type PassOptions } from './pass.ts'
export { type Shard, type Share, sharesOf } from './shard.ts'
export {
  type BrokenImage,
  BrokenImageError,
  type BrokenOptions,
  type ImageSource,
  streamedBatches,
  streamedInOrder,
  type StreamOptions,
} from './stream.ts'
