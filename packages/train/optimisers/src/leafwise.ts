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

/** All parameters, gradients and slots of a tree, each in the order of its paths. */
export type Lists<N extends string> = {
  readonly params: readonly Tensor[]
  readonly gradients: readonly Tensor[]
  readonly slots: { readonly [K in N]: readonly Tensor[] }
  readonly paths: readonly string[]
}

/** The rule of an optimiser for all parameters at once: to the next parameters and slots, in the same order. */
export type TreeRule<N extends string> = (
  lists: Lists<N>,
  at: At,
) => { readonly params: readonly Tensor[]; readonly slots: { readonly [K in N]: readonly Tensor[] } }

const record = <N extends string, V>(names: readonly N[], value: (name: N, index: number) => V) =>
  Object.fromEntries(names.map((name, i) => [name, value(name, i)])) as { readonly [K in N]: V }

/** An optimiser from a rule for all parameters at once; its state starts as zeros. */
export const treewise = <const N extends string>(slots: readonly N[], rule: TreeRule<N>): Optimiser => ({
  init: (params) => record(slots, () => map(params, (leaf: Tensor) => zerosLike(leaf))),
  update: <P>(gradients: P, state: { readonly [name: string]: unknown }, params: P, at: At) => {
    const missing = slots.find((name) => !Object.hasOwn(state, name))
    if (missing !== undefined)
      throw new OptimiserError(
        `the optimiser's state has no ${missing}, only ${Object.keys(state).join(', ') || 'nothing'}; it is of another optimiser: start with init(params)`,
      )
    const rows: (readonly Tensor[])[] = []
    const paths: string[] = []
    zip([params, gradients, ...slots.map((name) => state[name] as P)], (row: readonly Tensor[], path) => {
      rows.push(row)
      paths.push(path)
      return row[0]!
    })
    const column = (index: number): readonly Tensor[] => rows.map((row) => row[index]!)
    const next = rule(
      { params: column(0), gradients: column(1), slots: record(slots, (_, i) => column(i + 2)), paths },
      at,
    )
    return {
      params: unflatten(params, next.params),
      state: record(slots, (name) => unflatten(params, next.slots[name])),
    }
  },
})

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
export const leafwise = <const N extends string>(slots: readonly N[], rule: LeafRule<N>): Optimiser =>
  treewise(slots, ({ params, gradients, slots: lists, paths }, at) => {
    const moved = params.map((param, i) =>
      rule(
        param,
        gradients[i]!,
        record(slots, (name) => lists[name][i]!),
        at,
        paths[i]!,
      ),
    )
    return {
      params: moved.map(([param]) => param),
      slots: record(slots, (name) => moved.map(([, kept]) => kept[name])),
    }
  })
