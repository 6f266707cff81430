export { compose, type Images, type ImageShape, outputShape, toFloat, type Transform } from './images.ts'
export { type Moments, normalise } from './normalise.ts'
export { randomCrop, randomHorizontalFlip } from './random.ts'
export { resize } from './resize.ts'
