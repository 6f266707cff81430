import type { Tensor } from '@tensorflow/tfjs-core'
import type { Key } from '@resfn/random'
import type { Plan } from './plan.ts'
import type { Shape } from './shape.ts'

/** The tree of a layer that has no parameters or no state. */
export type Empty = { readonly [name in never]: never }

/**
 * A layer: a record of pure functions over an explicit parameter tree `P` and, where it keeps statistics, a state tree
 * `S`.
 *
 * - `plan(input)`: specs of parameters and state, output shape, multiply-adds; no tensor is made
 * - `apply(params, x, state)`: evaluation; for a layer without state this is the bare function `(params, x) => y`
 * - `train(params, x, key)`: training; `seen` is what this batch showed (batch-norm moments), of the type of the state
 * - `parts`: what it is made of, where it is made by a combinator
 * - `on(input)`: the layer that it is on an input of a shape, where the shape makes it; then `parts` are those of that
 *   one
 *
 * State is written only by training (through `absorb`) and read only by evaluation, so there is no mode flag.
 */
export type Layer<P, S = Empty> = {
  readonly plan: (input: Shape) => Plan<P, S>
  readonly apply: (params: P, x: Tensor, state: S) => Tensor
  readonly train: (params: P, x: Tensor, key: Key) => Trained<S>
  readonly parts?: Parts
  readonly on?: (input: Shape) => AnyLayer
}

/**
 * The parts of a layer by the names of its trees, and how to make the same layer of others. Where a combinator adds no
 * name, as `skip` and `followedBy` do, they are the parts of the layer inside.
 */
export type Parts = {
  readonly layers: { readonly [name: string]: AnyLayer }
  readonly make: (layers: { readonly [name: string]: AnyLayer }) => AnyLayer
  /** whether each takes the output of the one before it, and nothing else */
  readonly inOrder: boolean
}

/** What training a layer on a batch gives: the output, and what the batch showed. */
export type Trained<S> = { readonly y: Tensor; readonly seen: S }

/**
 * Any layer. Its trees have no type, so nothing that a layer promises is lost by accident: an `AnyLayer` is not a
 * `Layer<P, S>`, and it cannot be run before `untyped` says that its trees are known at run time only.
 */
export type AnyLayer = {
  readonly plan: (input: Shape) => Plan<unknown, unknown>
  readonly apply: (params: never, x: Tensor, state: never) => Tensor
  readonly train: (params: never, x: Tensor, key: Key) => Trained<unknown>
  readonly parts?: Parts
  readonly on?: (input: Shape) => AnyLayer
}

/** The parameter tree of a layer type. */
export type ParamsOf<L> = L extends Layer<infer P, infer _> ? P : never

/** The state tree of a layer type. */
export type StateOf<L> = L extends Layer<infer _, infer S> ? S : never

/**
 * A layer whose trees are known at run time only, such as a net by name. Its plan says what they are.
 *
 * @param layer any layer
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { type AnyLayer, init, untyped } from '@resfn/layer'
 * import { nets } from '@resfn/archs/nets'
 * import { key } from '@resfn/random'
 * import { flatten } from '@resfn/tree'
 *
 * const net: AnyLayer = nets['lenet-bn']!.make({ classes: 10 })
 * assert.equal(flatten(init(untyped(net), key(0), [28, 28, 1]).params)[0]?.path, 'conv1.conv.weight')
 * ```
 */
export const untyped = (layer: AnyLayer): Layer<unknown, unknown> => layer as unknown as Layer<unknown, unknown>
