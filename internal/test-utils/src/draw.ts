import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import { key, normal } from '@resfn/random'

/** A tensor of standard normal values, the same for the same seed. */
export const draw = (seed: number, ...shape: number[]): Tensor => {
  const size = shape.reduce((product, extent) => product * extent, 1)
  return tensor(normal(key(seed), size), shape)
}
