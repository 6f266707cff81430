import { add, mul, type Tensor, tensor } from '@tensorflow/tfjs-core'
import { key, normal } from '@resfn/random'
import { map } from '@resfn/tree'

/** A tensor of standard normal values, the same for the same seed. */
export const draw = (seed: number, ...shape: number[]): Tensor => {
  const size = shape.reduce((product, extent) => product * extent, 1)
  return tensor(normal(key(seed), size), shape)
}

/** A tree with every leaf moved a little, so that no normalisation is at its first values. */
export const stir = <P>(tree: P): P => map(tree, (leaf: Tensor) => add(leaf, mul(draw(99, ...leaf.shape), 0.2)))
