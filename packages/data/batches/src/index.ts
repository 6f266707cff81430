export { type Batch, batches, batchesInOrder, batchesPerEpoch, type BatchesOptions, type Cursor } from './batches.ts'
export { firstOfEachClass, type ImageSet, imageSet, type ImageSetError, select } from './image-set.ts'
