import type { Tensor } from '@tensorflow/tfjs-core'
import { choosePaths } from '@resfn/layer'
import { checkOptions, numberFrom } from '@resfn/options'
import { flatten, unflatten } from '@resfn/tree'
import type { Optimiser } from './optimiser.ts'

type Leaves = { readonly [path: string]: Tensor }

/** The leaves of some paths, as a tree whose names are the paths. */
const pick = (tree: unknown, paths: readonly string[]): Leaves => {
  const wanted = new Set(paths)
  const chosen = flatten<Tensor>(tree).filter(({ path }) => wanted.has(path))
  return Object.fromEntries(chosen.map(({ path, leaf }) => [path, leaf]))
}

/** The tree of the leaves of all groups, in the structure of `like`. */
const joined = <T>(like: T, groups: readonly unknown[]): T => {
  const all = new Map(groups.flatMap((group) => Object.entries(group as Leaves)))
  return unflatten(
    like,
    flatten(like).map(({ path }) => all.get(path)!),
  )
}

/**
 * Learning rates by path: each parameter learns at the rate of the step times the factor of the first patterns that
 * choose it, and at the rate itself where none does. A wrapper that sees all gradients together, such as
 * `clipByGlobalNorm`, goes around this one.
 *
 * @param factors from patterns, as `choosePaths` reads them, to factors of at least 0
 * @returns from an optimiser to one with these rates; its state is the same
 * @throws OptionsError if a factor is not a number of at least 0
 * @throws PathError, from `init` and `update`, for a pattern that chooses no parameter
 * @see Howard and Ruder, "Universal language model fine-tuning for text classification" (2018), section 3.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { ratesByPath, sgd } from '@resfn/optimisers'
 *
 * const { init, update } = ratesByPath({ 'layer1..2': 0.1 })(sgd())
 * const [zero, one] = [tf.tensor1d([0]), tf.tensor1d([1])]
 * const params = { layer1: { w: zero }, layer2: { w: zero }, fc: { w: zero } }
 * const gradients = { layer1: { w: one }, layer2: { w: one }, fc: { w: one } }
 * const { params: next } = update(gradients, init(params), params, { step: 0, learningRate: 1 })
 * assert.deepEqual([next.layer2.w.dataSync()[0]?.toFixed(2), next.fc.w.dataSync()[0]], ['-0.10', -1])
 * ```
 */
export const ratesByPath = (factors: {
  readonly [patterns: string]: number
}): ((optimiser: Optimiser) => Optimiser) => {
  checkOptions(
    'ratesByPath',
    factors,
    Object.fromEntries(Object.keys(factors).map((patterns) => [patterns, numberFrom(0)])),
  )
  /** The paths of each rate, the usual one first. */
  const groupsOf = (params: unknown): ReadonlyMap<number, readonly string[]> => {
    const paths = flatten(params).map(({ path }) => path)
    const factorOf = new Map<string, number>()
    for (const [patterns, factor] of Object.entries(factors))
      for (const path of choosePaths(patterns, paths)) if (!factorOf.has(path)) factorOf.set(path, factor)
    const groups = new Map<number, string[]>()
    for (const path of paths) {
      const factor = factorOf.get(path) ?? 1
      groups.set(factor, [...(groups.get(factor) ?? []), path])
    }
    return groups
  }
  return ({ init, update }) => ({
    init: (params) => {
      groupsOf(params)
      return init(params)
    },
    update: (gradients, state, params, at) => {
      const updated = [...groupsOf(params)].map(([factor, paths]) => {
        const own = Object.fromEntries(Object.entries(state).map(([slot, tree]) => [slot, pick(tree, paths)]))
        return update(pick(gradients, paths), own, pick(params, paths), {
          ...at,
          learningRate: at.learningRate * factor,
        })
      })
      const slots = Object.keys(updated[0]?.state ?? {})
      return {
        params: joined(
          params,
          updated.map((group) => group.params),
        ),
        state: Object.fromEntries(
          slots.map((slot) => [
            slot,
            joined<unknown>(
              params,
              updated.map((group) => group.state[slot]),
            ),
          ]),
        ),
      }
    },
  })
}
