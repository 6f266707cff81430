import { firstOfEachClass, type ImageSet, select } from '@resfn/batches'
import { resize, toFloat } from '@resfn/transforms'
import type { LessonData } from './tools.ts'

/** Which images a lesson takes of those there are. */
export type ImageChoice = {
  /** Training images, the first of each class; 0 for all. */
  readonly train: number
  /** Test images; 0 for all. */
  readonly test: number
  /** The side in pixels that they are made smaller to; 0 leaves them. */
  readonly side: number
}

const first = (set: ImageSet, count: number): ImageSet =>
  count === 0 ? set : select(set, firstOfEachClass(set, Math.ceil(count / set.classes.length)).slice(0, count))

/** Made smaller once, and not at each epoch. */
const smaller = (set: ImageSet, side: number): ImageSet => {
  const [height, width, channels] = set.shape
  if (side === 0 || (height === side && width === side)) return set
  const { images } = resize({ height: side, width: side })(
    toFloat(set.images, [set.labels.length, height, width, channels]),
  )
  return { ...set, shape: [side, side, channels], images: Uint8Array.from(images, (value) => Math.round(255 * value)) }
}

/** The images of a lesson: the same of each class, made smaller. */
export const chooseImages = ({ train, test, ...data }: LessonData, choice: ImageChoice): LessonData => ({
  ...data,
  train: smaller(first(train, choice.train), choice.side),
  test: smaller(first(test, choice.test), choice.side),
})
