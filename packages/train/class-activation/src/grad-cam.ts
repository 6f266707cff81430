import { matMul, mean, mul, oneHot, relu, reshape, sum, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { valueAndGradient } from '@resfn/autodiff'
import { editPart, type Layer, lift } from '@resfn/layer'
import { features } from '@resfn/surgery'
import { checkMaps, classesOf } from './classes.ts'

/** What a class activation map is of: a part, and a class. */
export type GradCamOptions = {
  /** the path of a part whose output is maps `[height, width, channels]`, such as `layer4` */
  readonly layer: string
  /** the index of a class, for all images or for each; by default the one that each image is predicted to be */
  readonly class?: number | readonly number[]
}

/** Where a net looks, and what it says. The caller owns the tensors. */
export type ClassActivation = {
  /** `[batch, height, width]`, of the size of the maps of the part */
  readonly map: Tensor
  /** `[batch, classes]` */
  readonly logits: Tensor
}

/**
 * Grad-CAM: `map = relu(sum_c a_c A_c)` with `a_c` the mean over the pixels of the gradient of the logit of the class
 * at channel c of the maps A of a part. The gradient goes through what comes after that part alone; the net is in
 * evaluation.
 *
 * @param net any layer made of combinators that gives logits `[classes]`
 * @param params its parameters
 * @param state its state
 * @param x a batch of images `[batch, height, width, channels]`
 * @param options the part and the class
 * @throws PathError if there is no such part, with the nearest names
 * @throws ActivationError if the part does not give maps, or there is no such class
 * @throws UnconnectedError if the logits do not depend on the part
 * @see Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization" (2017),
 * equations 1 and 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { createNet } from '@resfn/archs'
 * import { gradCam } from '@resfn/class-activation'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 *
 * const net = createNet('cifar-resnet8')
 * const { params, state } = init(net, key(0), [8, 8, 3])
 * const { map, logits } = gradCam(net, params, state, tf.ones([2, 8, 8, 3]), { layer: 'layer2', class: 3 })
 * assert.deepEqual([map.shape, logits.shape], [[2, 4, 4], [2, 10]])
 * ```
 */
export const gradCam = <P, S>(
  net: Layer<P, S>,
  params: P,
  state: S,
  x: Tensor,
  options: GradCamOptions,
): ClassActivation => {
  const { layer } = options
  const [map, logits] = tidy(() => {
    const maps = features(net, [layer])(params, x, state)[layer]!
    checkMaps(layer, maps)
    // What comes after the part is a function of its output: a constant stands in its place.
    const { gradients, aux } = valueAndGradient((at: { readonly maps: Tensor }) => {
      const y = editPart(net, layer, () => lift(() => at.maps)).apply(params, x, state)
      const chosen = oneHot(classesOf(y, options.class), y.shape[1]!)
      return { loss: sum(mul(y, chosen)), aux: { logits: y } }
    })({ maps })
    const weights = mean(gradients.maps, [1, 2])
    return [relu(weightedSum(maps, weights)), aux.logits] as [Tensor, Tensor]
  })
  return { map, logits }
}

/**
 * `sum_c w_c A_c` for each image: `[batch, height, width]` of `[batch, height, width, channels]` and `[batch,
 * channels]`.
 */
export const weightedSum = (maps: Tensor, weights: Tensor): Tensor => {
  const [batch, height, width, channels] = maps.shape as [number, number, number, number]
  const pixels = reshape(maps, [batch, height * width, channels])
  return reshape(matMul(pixels, reshape(weights, [batch, channels, 1])), [batch, height, width])
}
