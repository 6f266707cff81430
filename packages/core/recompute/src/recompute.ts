import { clone, customGrad, keep, Tensor } from '@tensorflow/tfjs-core'
import { pullback } from '@resfn/autodiff'
import { type Layer, through, untyped } from '@resfn/layer'
import { leaves, map, unflatten } from '@resfn/tree'

/**
 * A layer that computes its inside again in the reverse pass instead of keeping it (activation checkpointing): `train`
 * keeps parameters and input alone, and the reverse pass runs the layer a second time with the same key. Output, seen
 * statistics and gradients are the same bit for bit; the price is one more forward pass of the layer.
 *
 * Around each block of a deep net, the inside of one block at a time is in memory, and the inputs of all. Around runs
 * of blocks, fewer inputs and more inside.
 *
 * @param layer any layer; its trees, paths and evaluation stay the same
 * @throws UnconnectedError, in the reverse pass, naming the parameters that the output does not depend on
 * @see Chen et al., "Training deep nets with sublinear memory cost" (2016), section 4
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { valueAndGradient } from '@resfn/autodiff'
 * import { dense } from '@resfn/dense'
 * import { init, type Layer, lift, repeat } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { recompute } from '@resfn/recompute'
 *
 * const block = repeat([dense({ out: 3 }), lift(tf.relu), dense({ out: 3 })])
 * const { params } = init(block, key(0), [3])
 * const gradientOf = <P, S>(layer: Layer<P, S>, at: P) =>
 *   valueAndGradient((p: P) => ({ loss: tf.sum(layer.train(p, tf.ones([2, 3]), key(1)).y), aux: {} }))(at).gradients
 * const kept = gradientOf(block, params)
 * const again = gradientOf(recompute(block), params)
 * assert.deepEqual(again[0].weight.dataSync(), kept[0].weight.dataSync())
 * ```
 */
export const recompute = <P, S>(layer: Layer<P, S>): Layer<P, S> => ({
  plan: layer.plan,
  apply: layer.apply,
  train: (params, x, key) => {
    let seen: S | undefined
    const back = pullback((at: { readonly params: P; readonly x: Tensor }) => layer.train(at.params, at.x, key).y)
    const forward = (...given: readonly unknown[]): Differentiable => {
      const save = given.at(-1) as (tensors: readonly Tensor[]) => void
      const inputs = given.slice(0, -1) as Tensor[]
      const [input, ...weights] = inputs as [Tensor, ...Tensor[]]
      const trained = layer.train(unflatten<P>(params, weights), input, key)
      // tfjs frees what this function makes beside its value.
      seen = map(trained.seen, (leaf: unknown) => (leaf instanceof Tensor ? keep(clone(leaf)) : leaf))
      save(inputs)
      return {
        value: trained.y,
        gradFunc: (dy, [savedInput, ...savedWeights]) => {
          const gradients = back({ params: unflatten<P>(params, savedWeights), x: savedInput! }, dy)
          return [gradients.x, ...leaves<Tensor>(gradients.params)]
        },
      }
    }
    const y = customGrad(forward as never)(x, ...leaves<Tensor>(params))
    return { y, seen: map(seen as S, (leaf: unknown) => (leaf instanceof Tensor ? handedOver(leaf) : leaf)) }
  },
  ...through(layer, (inner) => recompute(untyped(inner))),
})

/** What tfjs takes as a function with a gradient of its own. */
type Differentiable = {
  readonly value: Tensor
  readonly gradFunc: (dy: Tensor, saved: readonly Tensor[]) => readonly Tensor[]
}

/** A kept tensor as one that the scope around owns. */
const handedOver = (kept: Tensor): Tensor => {
  const owned = clone(kept)
  kept.dispose()
  return owned
}
