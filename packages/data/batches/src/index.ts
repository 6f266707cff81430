export type { Batch, Batches, BatchSizes, Cursor, Examples } from './batch.ts'
export { batches, batchesInOrder, batchesPerEpoch, type BatchesOptions } from './batches.ts'
export { firstOfEachClass, type ImageSet, imageSet, type ImageSetError, type Labels, select } from './image-set.ts'
