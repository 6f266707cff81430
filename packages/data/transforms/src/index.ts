export { compose, type Images, type ImageShape, outputShape, toFloat, type Transform } from './images.ts'
export { type Moments, normalise } from './normalise.ts'
export { randomCrop, type RandomCropOptions, randomHorizontalFlip } from './random.ts'
export { resize, type ResizeOptions } from './resize.ts'
