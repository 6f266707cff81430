import type { DataType, Tensor } from '@tensorflow/tfjs-core'

/** A size along an axis: a number, or so many for each sample of the batch. */
export type Extent = number | { readonly perSample: number }

/** A setting of a kernel. Numbers that grow with the batch are extents. */
export type Attribute = string | boolean | null | Extent | readonly Attribute[]

/** What a value of the graph is. */
export type Value = { readonly shape: readonly Extent[]; readonly dtype: DataType }

/** A kernel of TensorFlow.js that ran, with the names of the values that went in and came out. */
export type Node = {
  readonly kernel: string
  readonly inputs: { readonly [input: string]: string }
  readonly attributes: { readonly [attribute: string]: Attribute }
  readonly outputs: readonly string[]
}

/**
 * What a net does in evaluation, for any batch: kernels in the order in which they ran.
 *
 * A value has one of three origins: it is the input `x`, the output of a node, or known before any input. The known
 * ones are `tensors`: leaves under `params.` or `state.` and their path, what was computed from a leaf under its name
 * and the kernel, and constants.
 */
export type Graph = {
  readonly input: string
  readonly output: string
  readonly nodes: readonly Node[]
  readonly values: { readonly [value: string]: Value }
  /** they belong to the graph; `dispose(graph.tensors)` frees them, and not the parameters of the net */
  readonly tensors: { readonly [value: string]: Tensor }
}

/** A net cannot be traced: what it does depends on the batch. */
export class TraceError extends Error {
  readonly _tag = 'TraceError'
  constructor(message: string) {
    super(message)
    this.name = 'TraceError'
  }
}
