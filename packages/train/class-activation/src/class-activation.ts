import { gather, type Tensor, tidy, transpose } from '@tensorflow/tfjs-core'
import { type AnyLayer, type Layer, type Part, type Shape, subtree } from '@resfn/layer'
import { features, headPath } from '@resfn/surgery'
import { ActivationError, classesOf } from './classes.ts'
import { type ClassActivation, weightedSum } from './grad-cam.ts'

/** The last of the net's own parts whose output is maps, and those after it, in the order they run. */
const afterMaps = (net: AnyLayer, input: Shape): { readonly layer: string; readonly after: readonly Part[] } => {
  const { parts } = net.plan(input)
  const last = parts.findLastIndex(({ plan }) => plan.output.length === 3)
  if (last < 0)
    throw new ActivationError('', 'no part of this net gives maps [height,width,channels]; name one inside a part')
  return { layer: parts[last]!.name, after: parts.slice(last + 1) }
}

/**
 * The path of the last part of a net that gives maps, before the pooling: where class activation maps are made.
 *
 * @param net a sequence of named parts
 * @param input the shape of one image
 * @throws ActivationError if there is none
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createNet } from '@resfn/archs'
 * import { lastMaps } from '@resfn/class-activation'
 *
 * assert.equal(lastMaps(createNet('resnet50'), [224, 224, 3]), 'layer4')
 * ```
 */
export const lastMaps = (net: AnyLayer, input: Shape): string => afterMaps(net, input).layer

/** What a class activation map is for. */
export type ClassActivationOptions = {
  /** the index of a class, for all images or for each; by default the one that each image is predicted to be */
  readonly class?: number | readonly number[]
}

/**
 * The class activation map: `map = sum_c w_c A_c` with the maps A before a global average pooling and the weights w of
 * the class in the dense layer after it. Its mean over the pixels is the logit without its bias. Grad-CAM is
 * `relu(map)` divided by the number of pixels.
 *
 * @param net a sequence of named parts that ends in a global average pooling and a dense layer
 * @param params its parameters
 * @param state its state
 * @param x a batch of images `[batch, height, width, channels]`
 * @param options the class
 * @throws ActivationError if the net does not end so, or there is no such class
 * @throws SurgeryError if the net has no head
 * @see Zhou et al., "Learning deep features for discriminative localization" (2016), equation 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { createNet } from '@resfn/archs'
 * import { classActivation } from '@resfn/class-activation'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 *
 * const net = createNet('cifar-resnet8')
 * const { params, state } = init(net, key(0), [8, 8, 3])
 * assert.deepEqual(classActivation(net, params, state, tf.ones([1, 8, 8, 3])).map.shape, [1, 2, 2])
 * ```
 */
export const classActivation = <P, S>(
  net: Layer<P, S>,
  params: P,
  state: S,
  x: Tensor,
  options: ClassActivationOptions = {},
): ClassActivation => {
  const { layer, after } = afterMaps(net, x.shape.slice(1))
  const head = headPath(net)
  // Dropout is the identity in evaluation.
  const between = after.slice(1, -1).every(({ plan }) => plan.kind.startsWith('dropout'))
  if (after[0]?.plan.kind !== 'globalAvgPool' || after.at(-1)?.name !== head || !between)
    throw new ActivationError(
      '',
      `a class activation map needs a net that ends in a global average pooling and a dense layer, but after ${layer} come ${after.map(({ name }) => name).join(', ')}; use gradCam`,
    )
  const [map, logits] = tidy(() => {
    const seen = features(net, [layer, head])(params, x, state)
    const y = seen[head]!
    const { weight } = subtree(params, head) as { readonly weight: Tensor }
    const own = gather(transpose(weight), classesOf(y, options.class))
    return [weightedSum(seen[layer]!, own), y] as [Tensor, Tensor]
  })
  return { map, logits }
}
