import {
  add,
  avgPool,
  mean,
  mul,
  reshape,
  rsqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor4D,
  tile,
} from '@tensorflow/tfjs-core'
import { type Contracted, definePrimitive } from '@resfn/primitive'

/** x as images: features are images of one pixel. */
const imagesOf = (x: Tensor): Tensor4D => (x.rank === 4 ? x : reshape(x, [x.shape[0]!, 1, 1, x.shape[1]!])) as Tensor4D

/** The mean over the pixels, [batch, 1, 1, channels]. Global average pooling is the fastest sum that backends have. */
const pixelMean = (x: Tensor4D): Tensor4D => avgPool(x, [x.shape[1], x.shape[2]], 1, 'valid')

/** The mean over the channels of each group, again at each channel. */
const groupMean = (perChannel: Tensor4D, groups: number): Tensor4D => {
  const [batch, , , channels] = perChannel.shape
  const means = mean(reshape(perChannel, [batch, groups, channels / groups]), 2, true)
  return reshape(tile(means, [1, 1, channels / groups]), [batch, 1, 1, channels])
}

/**
 * The closed-form gradient. With r = 1 / sqrt(variance + epsilon), xhat = (x - mean) r and E the mean over a group:
 * dbias = sum dy, dweight = sum dy xhat, dx = r (weight dy - E(weight dy) - xhat E(weight dy xhat)).
 */
const gradient: Contracted<'GroupNormGrad'> = definePrimitive({
  name: 'GroupNormGrad',
  composed: (inputs, { groups }) => {
    const { weight, mean: centre, r } = inputs
    const [dy, x] = [imagesOf(inputs.dy), imagesOf(inputs.x)]
    const pixels = x.shape[1] * x.shape[2]
    const normalised = mul(sub(x, centre), r) as Tensor4D
    const [dyMean, dyNormalisedMean] = [pixelMean(dy), pixelMean(mul(dy, normalised))]
    const ofGroup = (perChannel: Tensor4D): Tensor4D => groupMean(mul(perChannel, weight), groups)
    const inner = sub(sub(mul(dy, weight), ofGroup(dyMean)), mul(normalised, ofGroup(dyNormalisedMean)))
    const total = (perChannel: Tensor4D): Tensor => mul(sum(perChannel, [0, 1, 2]), pixels)
    return [reshape(mul(inner, r), inputs.x.shape), total(dyNormalisedMean), total(dyMean)]
  },
  saves: { inputs: [], outputs: [] },
  gradient: () => ({}),
})

/** y = weight (x - mean) r + bias, with the mean and r = 1 / sqrt(variance + epsilon) of each sample and group. */
export const groupNormPrimitive: Contracted<'GroupNorm'> = definePrimitive({
  name: 'GroupNorm',
  composed: (inputs, { groups, epsilon }) => {
    const { weight, bias } = inputs
    const x = imagesOf(inputs.x)
    const centre = groupMean(pixelMean(x), groups)
    const centred = sub(x, centre) as Tensor4D
    const r = rsqrt(add(groupMean(pixelMean(square(centred)), groups), epsilon))
    return [reshape(add(mul(centred, mul(r, weight)), bias), inputs.x.shape), centre, r]
  },
  saves: { inputs: ['x', 'weight'], outputs: [1, 2] },
  // Nothing is differentiated through the mean and r, which nobody else is given.
  gradient: ([dy], { inputs: { x, weight }, outputs: [centre, r] }, { groups }) => {
    const [dx, dweight, dbias] = gradient({ dy, x, weight, mean: centre, r }, { groups })
    return { x: dx, weight: dweight, bias: dbias }
  },
})
