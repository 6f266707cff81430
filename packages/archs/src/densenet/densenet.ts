import { dense, type DenseParams } from '@resfn/dense'
import {
  type DenseBlock,
  denseBlock,
  type DenseBottleneck,
  denseBottleneck,
  type Transition,
  transition,
} from '@resfn/dense-block'
import { type AnyLayer, type Empty, type Layer, type Layers, type Sequential, sequential, zeros } from '@resfn/layer'
import { type BatchNorm, type Makers, makersOr } from '@resfn/makers'
import { globalAvgPool } from '@resfn/pool'
import { convStem, type ConvStem, deepStem, type DeepStem, densenetMakers } from './stems.ts'
import { rowOf } from '../table.ts'

/** Table 1 of the paper, and its widest net: the growth rate, and the layers of each of the four dense blocks. */
const table = {
  121: { growth: 32, layers: [6, 12, 24, 16] },
  161: { growth: 48, layers: [6, 12, 36, 24] },
  169: { growth: 32, layers: [6, 12, 32, 32] },
  201: { growth: 32, layers: [6, 12, 48, 32] },
  264: { growth: 32, layers: [6, 12, 64, 48] },
} as const

/** A net of dense blocks of the layer `L` after the stem `R`. */
export type DenseStages<R extends Layers, L extends AnyLayer, N extends AnyLayer = BatchNorm> = Sequential<
  R & { readonly [name in `denseblock${number}`]: DenseBlock<L> } & {
    readonly [name in `transition${number}`]: Transition<N>
  } & {
    readonly norm5: N
    readonly act5: Layer<Empty>
    readonly globalAvgPool: Layer<Empty>
    readonly fc: Layer<DenseParams>
  }
>

/** What a net of dense blocks is made of. */
export type DenseStagesOptions<R extends Layers, L extends AnyLayer> = {
  /** the layers before the first dense block, by name */
  readonly stem: R
  /** the layer that the blocks repeat: `denseLayer` or `denseBottleneck` of the growth rate */
  readonly layer: L
  /** layers of each dense block */
  readonly layers: readonly number[]
  /** the part θ of the channels that a transition keeps; all of them by default */
  readonly compression?: number
  readonly classes: number
}

/**
 * A net of dense blocks with a transition between every two, from the stem to the head: the rows of table 1 of the
 * paper.
 *
 * @param options the stem, the layer and the layers of each block, the compression and the classes
 * @param makers others than the usual ones
 * @throws OptionsError if a count is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Huang et al., "Densely connected convolutional networks" (2017), table 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { denseStages } from '@resfn/archs/densenet'
 * import { conv2d } from '@resfn/conv2d'
 * import { denseLayer } from '@resfn/dense-block'
 *
 * const stem = { conv0: conv2d({ out: 8, size: 3 }) }
 * const net = denseStages({ stem, layer: denseLayer({ growth: 4 }), layers: [2, 2], classes: 10 })
 * assert.deepEqual(net.plan([8, 8, 3]).params.norm5.weight.shape, [8 + 4 * 4])
 * ```
 */
export const denseStages = <R extends Layers, L extends AnyLayer, N extends AnyLayer = BatchNorm>(
  { stem, layer, layers, compression = 1, classes }: DenseStagesOptions<R, L>,
  makers?: Makers<N>,
): DenseStages<R, L, N> => {
  const { norm, act } = makersOr(makers)
  const blocks = layers.flatMap((count, i): readonly (readonly [string, AnyLayer])[] => [
    ...(i === 0 ? [] : [[`transition${i}`, transition({ compression }, makers)] as const]),
    [`denseblock${i + 1}`, denseBlock({ layer, layers: count })],
  ])
  return sequential({
    ...stem,
    ...Object.fromEntries(blocks),
    norm5: norm(),
    act5: act,
    globalAvgPool,
    fc: dense({ out: classes, initial: { bias: zeros } }),
  }) as unknown as DenseStages<R, L, N>
}

/** The depths of the table. */
export type DensenetDepth = keyof typeof table

/** A DenseNet for ImageNet. */
export type Densenet<N extends AnyLayer = BatchNorm> = DenseStages<ConvStem<N>, DenseBottleneck<N>, N>

/** The options of a DenseNet for ImageNet. */
export type DensenetOptions = {
  /** layers with weights */
  readonly depth: DensenetDepth
  readonly classes: number
}

/**
 * A DenseNet-BC for ImageNet-sized images: a 7x7 stem of stride 2 with 2k channels, 3x3 max pooling, four dense blocks
 * with bottlenecks, transitions that halve the channels, global average pooling and a fully connected layer. 7,978,856
 * parameters for depth 121 with 224x224x3 and 1000 classes.
 *
 * @param options depth and classes
 * @param makers others than `densenetMakers`
 * @throws RangeError if the table has no such depth, or classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Huang et al., "Densely connected convolutional networks" (2017), table 1; 264 layers as in its extended version
 * (2019)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { densenet } from '@resfn/archs/densenet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(densenet({ depth: 121, classes: 1000 }), [224, 224, 3]).params, 7978856)
 * ```
 */
export const densenet = <N extends AnyLayer = BatchNorm>(
  { depth, classes }: DensenetOptions,
  makers?: Makers<N>,
): Densenet<N> => {
  const { growth, layers } = rowOf('densenet', table, depth)
  // N is batch normalisation exactly where no makers are given.
  const own = (makers ?? densenetMakers) as Makers<N>
  const [stem, layer] = [convStem({ out: 2 * growth }, own), denseBottleneck({ growth }, own)]
  return denseStages({ stem, layer, layers, compression: 0.5, classes }, own)
}

/** A DenseNet for ImageNet with a deep stem. */
export type DeepDensenet<N extends AnyLayer = BatchNorm> = DenseStages<DeepStem<N>, DenseBottleneck<N>, N>

/** The options of a DenseNet with a deep stem. */
export type DeepDensenetOptions = DensenetOptions & {
  /** the growth rate k; that of the table by default */
  readonly growth?: number
  /** what ends the stem, with stride 2; 3x3 max pooling by default */
  readonly pool?: Layer<Empty>
}

/**
 * A DenseNet-BC with a stem of three 3x3 convolutions, timm's `d` nets: `densenet264d` has growth rate 48 and
 * 72,736,216 parameters for 1000 classes, `densenetblur121d` blurs where its stem pools.
 *
 * @param options depth, classes, growth rate and the pool of the stem
 * @param makers others than `densenetMakers`
 * @throws RangeError if the table has no such depth, or classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see timm, `timm/models/densenet.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { deepDensenet } from '@resfn/archs/densenet'
 * import { summary } from '@resfn/layer'
 *
 * const densenet264d = deepDensenet({ depth: 264, growth: 48, classes: 1000 })
 * assert.equal(summary(densenet264d, [224, 224, 3]).params, 72736216)
 * ```
 */
export const deepDensenet = <N extends AnyLayer = BatchNorm>(
  { depth, growth: given, pool, classes }: DeepDensenetOptions,
  makers?: Makers<N>,
): DeepDensenet<N> => {
  const { growth: usual, layers } = rowOf('deepDensenet', table, depth)
  const growth = given ?? usual
  // N is batch normalisation exactly where no makers are given.
  const own = (makers ?? densenetMakers) as Makers<N>
  const stem = deepStem({ out: 2 * growth, ...(pool !== undefined && { pool }) }, own)
  return denseStages({ stem, layer: denseBottleneck({ growth }, own), layers, compression: 0.5, classes }, own)
}
