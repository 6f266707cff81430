import { type Tensor, zerosLike } from '@tensorflow/tfjs-core'
import { map, unflatten, zip } from '@resfn/tree'
import type { At, Optimiser } from './optimiser.ts'

/** The state given to an optimiser was made by another one. */
export class OptimiserError extends Error {
  readonly _tag = 'OptimiserError'
  constructor(message: string) {
    super(message)
    this.name = 'OptimiserError'
  }
}

/** The state of an optimiser for one parameter. */
export type Slots<N extends string> = { readonly [K in N]: Tensor }

/**
 * The rule of an optimiser for one parameter: from the parameter, its gradient and its slots to the next parameter and
 * slots. `path` is that of the parameter (`layer1.0.conv1.weight`).
 */
export type LeafRule<N extends string> = (
  param: Tensor,
  gradient: Tensor,
  slots: Slots<N>,
  at: At,
  path: string,
) => readonly [param: Tensor, slots: Slots<N>]

/**
 * An optimiser from a rule for one parameter; its state starts as zeros.
 *
 * @param slots the names of the tensors that it keeps for each parameter
 * @param rule see `LeafRule`
 * @returns an optimiser whose state has one tree for each slot
 * @throws OptimiserError from `update`, if the state lacks a slot
 * @throws StructureError from `update`, naming the first path where gradients or state differ from the parameters
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { leafwise } from '@resfn/optimisers'
 *
 * const signSgd = leafwise([], (p, g, slots, { learningRate }) => [tf.sub(p, tf.mul(tf.sign(g), learningRate)), slots])
 * const { params } = signSgd.update({ w: tf.tensor1d([9]) }, {}, { w: tf.tensor1d([1]) }, { step: 0, learningRate: 0.25 })
 * assert.equal(params.w.dataSync()[0], 0.75)
 * ```
 */
export const leafwise = <const N extends string>(slots: readonly N[], rule: LeafRule<N>): Optimiser => ({
  init: (params) => Object.fromEntries(slots.map((name) => [name, map(params, (leaf: Tensor) => zerosLike(leaf))])),
  update: <P>(gradients: P, state: { readonly [name: string]: unknown }, params: P, at: At) => {
    const missing = slots.find((name) => !Object.hasOwn(state, name))
    if (missing !== undefined)
      throw new OptimiserError(
        `the optimiser's state has no ${missing}, only ${Object.keys(state).join(', ') || 'nothing'}; it is of another optimiser: start with init(params)`,
      )
    const remembered: Slots<N>[] = []
    const next = zip(
      [params, gradients, ...slots.map((name) => state[name] as P)],
      ([param, gradient, ...own]: readonly Tensor[], path) => {
        const [moved, kept] = rule(
          param!,
          gradient!,
          Object.fromEntries(slots.map((name, i) => [name, own[i]])) as Slots<N>,
          at,
          path,
        )
        remembered.push(kept)
        return moved
      },
    )
    return {
      params: next,
      state: Object.fromEntries(
        slots.map((name) => [
          name,
          unflatten<P, Tensor>(
            params,
            remembered.map((kept) => kept[name]),
          ),
        ]),
      ),
    }
  },
})
