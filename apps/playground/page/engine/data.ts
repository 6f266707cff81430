import { firstOfEachClass, type ImageSet, select } from '@resfn/batches'
import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import { either as E } from 'fp-ts'
import type { Pixels } from './protocol.ts'

/** The embedded images, and what they are normalised by. */
export type Data = {
  readonly train: ImageSet
  readonly test: ImageSet
  readonly moments: { readonly mean: readonly number[]; readonly std: readonly number[] }
}

let loading: Promise<Data> | undefined

/** Fashion-MNIST, the part of it that comes with the page. */
export const loadData = (): Promise<Data> => {
  loading ??= loadFashionMnistSubset().then((loaded) => {
    if (E.isLeft(loaded)) {
      loading = undefined
      throw new Error(loaded.left.message)
    }
    return { ...loaded.right, moments: { mean: [0.286], std: [0.353] } }
  })
  return loading
}

/** As many images, the same number of each class. */
export const fewer = (set: ImageSet, images: number): ImageSet =>
  images >= set.labels.length
    ? set
    : select(set, firstOfEachClass(set, Math.max(1, Math.floor(images / set.classes.length))))

/** One image as pixels. */
export const pixelsOf = ({ images, shape: [height, width, channels] }: ImageSet, index: number): Pixels => {
  const size = height * width * channels
  return { width, height, channels: channels as 1 | 3, data: images.slice(index * size, (index + 1) * size) }
}
