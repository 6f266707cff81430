import { engine, reshape, sum } from '@tensorflow/tfjs-core'
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core'

// Rules for every gradient of this folder. They follow from how tfjs calls gradients:
// - a gradient is a new tensor, never `dy` itself, because tfjs frees a gradient once it has added another one to it;
// - compute inside the closures, because only the closures of inputs that depend on a differentiated tensor run.

/** The gradient of a kernel of one input that needs nothing but `dy`. */
export const linear = <A = object>(
  kernelName: string,
  gradient: (dy: Tensor, settings: A) => Tensor,
  input = 'x',
): GradConfig => ({
  kernelName,
  gradFunc: (dy, _, settings) => ({ [input]: () => gradient(dy as Tensor, settings as A) }),
})

/** The gradient of a kernel of one input from `dy` and the input. */
export const fromInput = <A = object>(
  kernelName: string,
  gradient: (dy: Tensor, x: Tensor, settings: A) => Tensor,
  input = 'x',
): GradConfig => ({
  kernelName,
  inputsToSave: [input],
  gradFunc: (dy, [x], settings) => ({ [input]: () => gradient(dy as Tensor, x!, settings as A) }),
})

/** The gradient of a kernel of one input from `dy` and the output, so that the input can be freed. */
export const fromOutput = <A = object>(
  kernelName: string,
  gradient: (dy: Tensor, y: Tensor, settings: A) => Tensor,
  input = 'x',
): GradConfig => ({
  kernelName,
  outputsToSave: [true],
  gradFunc: (dy, [y], settings) => ({ [input]: () => gradient(dy as Tensor, y!, settings as A) }),
})

/**
 * The shapes of the inputs of the kernel that saved these tensors. Saving an input for its shape alone would keep its
 * values in memory to the end; the tape knows the shape after they are freed. Each kernel on the tape has an array of
 * saved tensors of its own, which may be empty.
 */
export const inputShapes = (saved: readonly Tensor[]): { readonly [input: string]: number[] } => {
  const node = engine().state.activeTape.find((node) => node.saved === saved)!
  return Object.fromEntries(Object.entries(node.inputs).map(([name, { shape }]) => [name, shape]))
}

/** The gradient of a kernel of one input from `dy` and the shape of the input. */
export const fromShape = <A = object>(
  kernelName: string,
  gradient: (dy: Tensor, shape: number[], settings: A) => Tensor,
  input = 'x',
): GradConfig => ({
  kernelName,
  gradFunc: (dy, saved, settings) => ({
    [input]: () => gradient(dy as Tensor, inputShapes(saved)[input]!, settings as A),
  }),
})

/** The gradients of a kernel of any number of inputs from `dy` and the shapes of the inputs. */
export const fromShapes = <A = object>(
  kernelName: string,
  gradients: (dy: Tensor, shapes: readonly number[][], settings: A) => readonly (() => Tensor)[],
): GradConfig => ({
  kernelName,
  gradFunc: (dy, saved, settings) =>
    Object.fromEntries(gradients(dy as Tensor, Object.values(inputShapes(saved)), settings as A).entries()),
})

/** The gradients of a kernel of two inputs that broadcast and that it is linear in, each with a constant factor. */
export const linearBinary = (
  kernelName: string,
  byA: (dy: Tensor) => Tensor,
  byB: (dy: Tensor) => Tensor,
): GradConfig => ({
  kernelName,
  gradFunc: (dy, saved) => {
    const { a, b } = inputShapes(saved)
    return { a: () => sumTo(byA(dy as Tensor), a!), b: () => sumTo(byB(dy as Tensor), b!) }
  },
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
  const axes = gradient.shape.flatMap((size, axis) =>
    axis < added || (shape[axis - added] === 1 && size > 1) ? [axis] : [],
  )
  return reshape(axes.length === 0 ? gradient : sum(gradient, axes), [...shape])
}

/** Runs a kernel of the current backend by name. */
export const run = (name: string, inputs: { readonly [name: string]: Tensor }, settings: object): Tensor =>
  engine().runKernel<Tensor>(name, { ...inputs }, settings as NamedAttrMap)
