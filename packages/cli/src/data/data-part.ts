import { firstOfEachClass, type ImageSet, select } from '@resfn/batches'
import type { ImageFiles } from '@resfn/image-folder'

/** One part of a data set: images in memory, or files that are read when they are needed. */
export type DataPart = ImageSet | ImageFiles

export const isFiles = (part: DataPart): part is ImageFiles => 'paths' in part

/** At most so many images, as many of each class; all if 0. */
export const limited = (part: DataPart, images: number): DataPart => {
  if (images === 0 || images >= part.labels.length) return part
  const indices = firstOfEachClass(part, Math.max(1, Math.floor(images / part.classes.length)))
  if (!isFiles(part)) return select(part, indices)
  return {
    ...part,
    paths: indices.map((index) => part.paths[index]!),
    labels: Int32Array.from(indices, (index) => part.labels[index]!),
  }
}
