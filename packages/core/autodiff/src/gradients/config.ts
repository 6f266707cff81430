import { engine, reshape, sum } from '@tensorflow/tfjs-core'
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core'

// Rules for every gradient of this folder, from how tfjs calls them:
// - a gradient must be a new tensor, never `dy` itself, because tfjs frees a gradient once it has added another one to it;
// - each closure runs only if its input is on the way to what is differentiated, so nothing is computed outside of them without need.

/** The gradient of a kernel of one input that needs nothing but `dy`. */
export const linear = <A = object>(kernelName: string, gradient: (dy: Tensor, settings: A) => Tensor, input = 'x'): GradConfig => ({
  kernelName,
  gradFunc: (dy, _, settings) => ({ [input]: () => gradient(dy as Tensor, settings as A) }),
})

/** The gradient of a kernel of one input from `dy` and the input. */
export const fromInput = <A = object>(kernelName: string, gradient: (dy: Tensor, x: Tensor, settings: A) => Tensor, input = 'x'): GradConfig => ({
  kernelName,
  inputsToSave: [input],
  gradFunc: (dy, [x], settings) => ({ [input]: () => gradient(dy as Tensor, x!, settings as A) }),
})

/** The gradient of a kernel of one input from `dy` and the output, so that the input can be freed. */
export const fromOutput = <A = object>(kernelName: string, gradient: (dy: Tensor, y: Tensor, settings: A) => Tensor, input = 'x'): GradConfig => ({
  kernelName,
  outputsToSave: [true],
  gradFunc: (dy, [y], settings) => ({ [input]: () => gradient(dy as Tensor, y!, settings as A) }),
})

type Partial = (dy: Tensor, a: Tensor, b: Tensor) => Tensor

/** The gradients of a kernel of two inputs that broadcast. */
export const binary = (kernelName: string, byA: Partial, byB: Partial): GradConfig => ({
  kernelName,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, saved) => {
    const [a, b] = saved as [Tensor, Tensor]
    return {
      a: () => sumTo(byA(dy as Tensor, a, b), a.shape),
      b: () => sumTo(byB(dy as Tensor, a, b), b.shape),
    }
  },
})

/** Undoes broadcasting: the sum over the axes that were broadcast from `shape`, always as a new tensor. */
export const sumTo = (gradient: Tensor, shape: readonly number[]): Tensor => {
  const added = gradient.rank - shape.length
  const axes = gradient.shape.flatMap((size, axis) => (axis < added || (shape[axis - added] === 1 && size > 1) ? [axis] : []))
  return reshape(axes.length === 0 ? gradient : sum(gradient, axes), [...shape])
}

/** Runs a kernel of the current backend by name. */
export const run = (name: string, inputs: { readonly [name: string]: Tensor }, settings: object): Tensor =>
  engine().runKernel<Tensor>(name, { ...inputs }, settings as NamedAttrMap)

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)
