import { scalar, type Tensor } from '@tensorflow/tfjs-core'
import { checkOptions, func, numberFrom, optional, type Rules } from '@resfn/options'
import { flatten, map, zip } from '@resfn/tree'
import { addScaled, scaleAll } from './many.ts'
import { numbered } from './numbered.ts'
import type { Optimiser } from './optimiser.ts'

/** Chooses leaves of the parameters, by the tensor and its path (`layer1.0.conv1.weight`). */
export type Mask = (leaf: Tensor, path: string) => boolean

/** How strong the decay is, and the leaves that decay; by default all. */
export type WeightDecayOptions = { readonly decay: number; readonly mask?: Mask }

/**
 * The usual mask: all leaves but those of rank 0 and 1, which are biases and the weights of batch normalisation.
 *
 * @see He et al., "Bag of tricks for image classification with convolutional neural networks" (2019), section 3.1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { exceptVectors } from '@resfn/optimisers'
 *
 * assert.deepEqual([exceptVectors(tf.zeros([3, 4]), 'fc.weight'), exceptVectors(tf.zeros([4]), 'fc.bias')], [true, false])
 * ```
 */
export const exceptVectors: Mask = (leaf) => leaf.rank > 1

const everyLeaf: Mask = () => true

/** The rules of `WeightDecayOptions`. */
export const weightDecayRules: Rules<WeightDecayOptions> = { decay: numberFrom(0), mask: optional(func) }

/**
 * Weight decay as a penalty on the loss: the optimiser gets `g + decay * p` for each gradient g. With momentum or Adam
 * the penalty goes through their memory; PyTorch's `weight_decay` of SGD and Adam is this one.
 *
 * @param options see `WeightDecayOptions`
 * @returns from an optimiser to one with decay
 * @throws OptionsError if decay is negative
 * @see Krogh and Hertz, "A simple weight decay can improve generalization" (1991)
 * @see PyTorch, `torch.optim.SGD`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { sgd, weightDecay } from '@resfn/optimisers'
 *
 * const { update } = weightDecay({ decay: 0.5 })(sgd())
 * const { params } = update({ w: tf.tensor1d([1]) }, {}, { w: tf.tensor1d([2]) }, { step: 0, learningRate: 1 })
 * assert.equal(params.w.dataSync()[0], 0)
 * ```
 */
export const weightDecay = (options: WeightDecayOptions): ((optimiser: Optimiser) => Optimiser) => {
  checkOptions('weightDecay', options, weightDecayRules)
  const { decay, mask = everyLeaf } = options
  return ({ init, update }) => ({
    init,
    update: (gradients, state, params, at) => {
      const decaying: (readonly [gradient: Tensor, param: Tensor])[] = []
      zip([gradients, params], ([g, p]: readonly Tensor[], path) => {
        if (mask(p!, path)) decaying.push([g!, p!])
        return g!
      })
      const inputs = numbered({ x: decaying.map(([g]) => g), y: decaying.map(([, p]) => p) })
      const penalised = decaying.length === 0 ? [] : addScaled(inputs, { factor: decay })
      let next = 0
      const all = zip([gradients, params], ([g, p]: readonly Tensor[], path) =>
        mask(p!, path) ? penalised[next++]! : g!,
      )
      return update(all, state, params, at)
    },
  })
}

/**
 * Weight decay beside the optimiser: each parameter first shrinks to `(1 - rate * decay) * p`, at the learning rate of
 * the step, and then takes the optimiser's step.
 *
 * @param options see `WeightDecayOptions`
 * @returns from an optimiser to one with decay
 * @throws OptionsError if decay is negative
 * @see Loshchilov and Hutter, "Decoupled weight decay regularization" (2019)
 * @see PyTorch, `torch.optim.AdamW`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { decoupledWeightDecay, sgd } from '@resfn/optimisers'
 *
 * const { update } = decoupledWeightDecay({ decay: 0.5 })(sgd())
 * const { params } = update({ w: tf.tensor1d([0]) }, {}, { w: tf.tensor1d([2]) }, { step: 0, learningRate: 0.5 })
 * assert.equal(params.w.dataSync()[0], 1.5)
 * ```
 */
export const decoupledWeightDecay = (options: WeightDecayOptions): ((optimiser: Optimiser) => Optimiser) => {
  checkOptions('decoupledWeightDecay', options, weightDecayRules)
  const { decay, mask = everyLeaf } = options
  return ({ init, update }) => ({
    init,
    update: (gradients, state, params, at) => {
      const chosen = flatten<Tensor>(params).filter(({ leaf, path }) => mask(leaf, path))
      if (chosen.length === 0) return update(gradients, state, params, at)
      const factor = scalar(1 - at.learningRate * decay)
      const shrunk = scaleAll({ ...numbered({ x: chosen.map(({ leaf }) => leaf) }), factor }, {})
      const byPath = new Map(chosen.map(({ path }, i) => [path, shrunk[i]!]))
      return update(
        gradients,
        state,
        map(params, (p: Tensor, path) => byPath.get(path) ?? p),
        at,
      )
    },
  })
}
