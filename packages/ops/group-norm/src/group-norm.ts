import { type Tensor, tidy } from '@tensorflow/tfjs-core'
import {
  checkBatch,
  checkChannels,
  checkSample,
  checkVariables,
  type Initialiser,
  type Layer,
  ones,
  op,
  ShapeError,
  Spec,
  zeros,
} from '@resfn/layer'
import { checkOptions, func, numberFrom, optional, recordOf, wholeNumberFrom } from '@resfn/options'
import { groupNormPrimitive } from './primitives.ts'

/** `weight` (gamma) and `bias` (beta), both [channels]. */
export type GroupNormParams = { readonly weight: Tensor; readonly bias: Tensor }

/** Which values are normalised together. */
export type GroupNormWindow = {
  /**
   * groups of channels; 32 by default. 1 is layer normalisation over the whole sample, as many as channels is instance
   * normalisation
   */
  readonly groups?: number
  /** added to the variance before the root; 1e-5 by default, as in PyTorch */
  readonly epsilon?: number
}

/** The options of group normalisation. */
export type GroupNormOptions = GroupNormWindow & {
  /** first values; by default weight 1 and bias 0 */
  readonly initial?: { readonly weight?: Initialiser; readonly bias?: Initialiser }
}

const windowRules = { groups: optional(wholeNumberFrom(1)), epsilon: optional(numberFrom(0)) }
const rules = { ...windowRules, initial: optional(recordOf(func, 'weight', 'bias')) }

const checkGroups = (channels: number, groups: number): void => {
  if (channels % groups !== 0)
    throw new ShapeError(
      '',
      `groupNorm: ${groups} groups do not divide ${channels} channels; give a number of groups that does`,
    )
}

const normalise = (params: GroupNormParams, x: Tensor, settings: Required<GroupNormWindow>): Tensor => {
  checkBatch('groupNorm', x, ['features', 'image'])
  if (params?.weight !== undefined) checkChannels('groupNorm', x, params.weight)
  const channels = x.shape.at(-1)!
  checkVariables('groupNorm', params, { weight: [channels], bias: [channels] })
  checkGroups(channels, settings.groups)
  // Its other outputs, the mean and the root, are for the gradient alone.
  return tidy(() => groupNormPrimitive({ x, ...params }, settings)[0])
}

/**
 * Group normalisation as a bare function: `y = weight (x - m) / sqrt(v + epsilon) + bias`, with the mean m and the
 * biased variance v of each sample and group of neighbouring channels. Training and evaluation are the same. The
 * gradient is the closed form.
 *
 * @param params weight and bias, [channels]
 * @param x [batch, channels] or [batch, height, width, channels]
 * @param options groups and epsilon
 * @returns the shape of x
 * @throws OptionsError if an option is unknown or outside its range
 * @throws ShapeError, InputError if x is not such a float32 batch, or the groups do not divide its channels
 * @throws VariablesError if a parameter is missing, disposed or of another shape
 * @see Wu and He, "Group normalization" (2018), equations 1, 2 and 7
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyGroupNorm } from '@resfn/group-norm'
 *
 * const params = { weight: tf.ones([4]), bias: tf.zeros([4]) }
 * const y = applyGroupNorm(params, tf.tensor2d([[1, 3, 10, 30]]), { groups: 2 })
 * assert.deepEqual([...y.dataSync()].map(Math.round), [-1, 1, -1, 1])
 * ```
 */
export const applyGroupNorm = (params: GroupNormParams, x: Tensor, options: GroupNormWindow = {}): Tensor => {
  checkOptions('applyGroupNorm', options, windowRules)
  const { groups = 32, epsilon = 1e-5 } = options
  return normalise(params, x, { groups, epsilon })
}

/**
 * Group normalisation as a layer. It keeps no statistics and does not look at the other samples of a batch, so it works
 * with a batch of 1.
 *
 * @param options groups, epsilon and first values
 * @throws OptionsError if an option is unknown or outside its range
 * @throws ShapeError, from `plan`, if the input has neither one nor three axes, or the groups do not divide its
 * channels
 * @see Wu and He, "Group normalization" (2018), section 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { groupNorm } from '@resfn/group-norm'
 * import { type Makers, makers } from '@resfn/makers'
 * import { residualBranch } from '@resfn/residual-block'
 *
 * assert.deepEqual(groupNorm().plan([28, 28, 64]).params.weight.shape, [64])
 * const grouped: Makers<ReturnType<typeof groupNorm>> = { ...makers, norm: () => groupNorm({ groups: 8 }) }
 * assert.deepEqual(residualBranch({ out: 16 }, grouped).plan([28, 28, 16]).state, {})
 * ```
 */
export const groupNorm = (options: GroupNormOptions = {}): Layer<GroupNormParams> => {
  checkOptions('groupNorm', options, rules)
  const { groups = 32, epsilon = 1e-5, initial = {} } = options
  const { weight = ones, bias = zeros } = initial
  return op<GroupNormParams>(
    (input) => {
      checkSample('groupNorm', input, ['features', 'image'])
      const channels = input.at(-1)!
      checkGroups(channels, groups)
      return {
        kind: `groupNorm ${groups}`,
        params: { weight: new Spec([channels], weight), bias: new Spec([channels], bias) },
      }
    },
    (params, x) => normalise(params, x, { groups, epsilon }),
  )
}
