import type { KeyMap } from './key-map.ts'

/**
 * The weights of a convolution or a dense layer of Keras. A key is the `path` of a variable of Keras 3.
 *
 * @see Keras, `keras/src/layers`
 */
export const kerasLayer = (ours: string, theirs: string): KeyMap => [
  [`${ours}.weight`, `${theirs}/kernel`],
  [`${ours}.bias`, `${theirs}/bias`],
]

/** The weights and the statistics of a batch normalisation of Keras. */
export const kerasNorm = (ours: string, theirs: string): KeyMap => [
  [`${ours}.weight`, `${theirs}/gamma`],
  [`${ours}.bias`, `${theirs}/beta`],
  [`${ours}.mean`, `${theirs}/moving_mean`],
  [`${ours}.variance`, `${theirs}/moving_variance`],
]
