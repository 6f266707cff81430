import { type BottleneckBranch, bottleneckBranch } from '@resfn/bottleneck'
import {
  type AnyLayer,
  channels,
  type Empty,
  type Layer,
  type Parallel,
  parallel,
  type Sequential,
  sequential,
  sum,
} from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makersOr } from '@resfn/makers'
import { checkOptions, optional, wholeNumberFrom } from '@resfn/options'

/** The options of a branch of C paths, whatever its form. */
export type PathsOptions = {
  /** output channels */
  readonly out: number
  /** the number of paths, C */
  readonly cardinality: number
  /** channels of a path, d */
  readonly width: number
  /** stride of the 3x3 convolutions; 1 by default */
  readonly stride?: number
}

const check = (caller: string, options: PathsOptions): Required<PathsOptions> => {
  const whole = wholeNumberFrom(1)
  checkOptions(caller, options, { out: whole, cardinality: whole, width: whole, stride: optional(whole) })
  return { stride: 1, ...options }
}

/** The layers of a path up to the 3x3 convolution: 1x1 down to its width, 3x3. */
export type Transform<N extends AnyLayer = BatchNorm> = {
  readonly conv1: Conv2d
  readonly bn1: N
  readonly act1: Layer<Empty>
  readonly conv2: Conv2d
  readonly bn2: N
  readonly act2: Layer<Empty>
}

const transform = <N extends AnyLayer>(
  { width, stride }: Required<PathsOptions>,
  { conv, norm, act }: Makers<N>,
): Transform<N> => ({
  conv1: conv({ out: width, size: 1 }),
  bn1: norm(),
  act1: act,
  conv2: conv({ out: width, size: 3, stride }),
  bn2: norm(),
  act2: act,
})

/** Paths by name: `path0`, `path1`, … */
export type Paths<L extends AnyLayer> = Parallel<{ readonly [path: string]: L }>

const pathsOf = <L extends AnyLayer>(cardinality: number, path: L): { readonly [path: string]: L } =>
  Object.fromEntries(Array.from({ length: cardinality }, (_, i) => [`path${i}`, path]))

/** Form (a): paths of three convolutions, summed. */
export type SplitTransformMerge<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly paths: Paths<Sequential<Transform<N> & { readonly conv3: Conv2d }>>
  readonly bn3: N
}>

/**
 * Form (a) of the branch of ResNeXt: `bn3(sum over the paths of conv3_i(T_i(x)))` with `T_i` = 1x1, norm, act, 3x3,
 * norm, act. The last normalisation stands after the sum.
 *
 * @param options output channels, cardinality, width of a path, and stride
 * @param makers others than the usual ones
 * @throws OptionsError if an option is not a whole number of at least 1
 * @see Xie et al., "Aggregated residual transformations for deep neural networks" (2017), figure 3 a
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { splitTransformMerge } from '@resfn/resnext'
 *
 * const branch = splitTransformMerge({ out: 64, cardinality: 4, width: 2, stride: 2 })
 * assert.deepEqual(branch.plan([8, 8, 32]).output, [4, 4, 64])
 * ```
 */
export const splitTransformMerge = <N extends AnyLayer = BatchNorm>(
  options: PathsOptions,
  makers?: Makers<N>,
): SplitTransformMerge<N> => {
  const all = check('splitTransformMerge', options)
  const own = makersOr(makers)
  const path = sequential({ ...transform(all, own), conv3: own.conv({ out: all.out, size: 1 }) })
  return sequential({ paths: parallel(pathsOf(all.cardinality, path), sum), bn3: (own.lastNorm ?? own.norm)() })
}

/** Form (b): paths of two convolutions, concatenated, and a 1x1 convolution. */
export type EarlyConcatenation<N extends AnyLayer = BatchNorm> = Sequential<{
  readonly paths: Paths<Sequential<Transform<N>>>
  readonly conv3: Conv2d
  readonly bn3: N
}>

/**
 * Form (b) of the branch of ResNeXt: `bn3(conv3([T_1(x), …, T_C(x)]))`, the paths concatenated before one 1x1
 * convolution.
 *
 * @param options output channels, cardinality, width of a path, and stride
 * @param makers others than the usual ones
 * @throws OptionsError if an option is not a whole number of at least 1
 * @see Xie et al., "Aggregated residual transformations for deep neural networks" (2017), figure 3 b
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { earlyConcatenation } from '@resfn/resnext'
 *
 * const branch = earlyConcatenation({ out: 64, cardinality: 4, width: 2 })
 * assert.deepEqual(branch.plan([8, 8, 32]).params.conv3.weight.shape, [1, 1, 8, 64])
 * ```
 */
export const earlyConcatenation = <N extends AnyLayer = BatchNorm>(
  options: PathsOptions,
  makers?: Makers<N>,
): EarlyConcatenation<N> => {
  const all = check('earlyConcatenation', options)
  const own = makersOr(makers)
  return sequential({
    paths: parallel(pathsOf(all.cardinality, sequential(transform(all, own))), channels),
    conv3: own.conv({ out: all.out, size: 1 }),
    bn3: (own.lastNorm ?? own.norm)(),
  })
}

/**
 * Form (c) of the branch of ResNeXt, that of the nets: a bottleneck with a grouped 3x3 convolution.
 *
 * @param options output channels, cardinality, width of a path, and stride
 * @param makers others than the usual ones
 * @throws OptionsError if an option is not a whole number of at least 1
 * @see Xie et al., "Aggregated residual transformations for deep neural networks" (2017), figure 3 c
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { groupedConvolutions } from '@resfn/resnext'
 *
 * const branch = groupedConvolutions({ out: 256, cardinality: 32, width: 4 })
 * assert.deepEqual(branch.plan([56, 56, 256]).params.conv2.weight.shape, [3, 3, 4, 128])
 * ```
 */
export const groupedConvolutions = <N extends AnyLayer = BatchNorm>(
  options: PathsOptions,
  makers?: Makers<N>,
): BottleneckBranch<N> => {
  const { out, cardinality, width, stride } = check('groupedConvolutions', options)
  return bottleneckBranch({ out, width: cardinality * width, groups: cardinality, stride }, makers)
}
