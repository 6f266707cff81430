import { add, mul, square, stack, sum, tidy } from '@tensorflow/tfjs-core'
import { type Contracted, definePrimitive } from '@resfn/primitive'
import { rowsOf } from './numbered.ts'

// Sums of many tensors in one call where a backend has it; an optimiser has no derivative.

/** x + factor y of each pair. */
export const addScaled: Contracted<'AddScaled'> = definePrimitive({
  name: 'AddScaled',
  composed: (inputs, { factor }) => rowsOf(inputs, ['x', 'y']).map(({ x, y }) => tidy(() => add(x, mul(y, factor)))),
  saves: { inputs: [], outputs: [] },
  gradient: () => ({}),
})

/** factor x of each tensor. */
export const scaleAll: Contracted<'ScaleAll'> = definePrimitive({
  name: 'ScaleAll',
  composed: ({ factor, ...xs }) => rowsOf(xs, ['x']).map(({ x }) => mul(x, factor)),
  saves: { inputs: [], outputs: [] },
  gradient: () => ({}),
})

/** The sum of the squares of each tensor, as a vector. */
export const squareSums: Contracted<'SquareSums'> = definePrimitive({
  name: 'SquareSums',
  // Not addN: on WebGPU it binds all its tensors at once, and a GPU takes only eight.
  composed: (inputs) => [stack(rowsOf(inputs, ['x']).map(({ x }) => sum(square(x))))],
  saves: { inputs: [], outputs: [] },
  gradient: () => ({}),
})
