import { type DenseBottleneck, denseBottleneck, type DenseLayer, denseLayer } from '@resfn/dense-block'
import type { AnyLayer } from '@resfn/layer'
import type { BatchNorm, Conv2d, Makers } from '@resfn/makers'
import { denseStages, type DenseStages } from './densenet.ts'
import { densenetMakers } from './stems.ts'

/** A DenseNet for small images, of the dense layer `L`. */
export type CifarDensenet<L extends AnyLayer, N extends AnyLayer = BatchNorm> = DenseStages<
  { readonly conv0: Conv2d },
  L,
  N
>

/** The options of a DenseNet for small images. */
export type CifarDensenetOptions = {
  /** layers with weights */
  readonly depth: number
  /** the growth rate k */
  readonly growth: number
  readonly classes: number
}

const layersOf = (caller: string, depth: number, each: number): readonly number[] => {
  const count = (depth - 4) / (3 * each)
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(
      `${caller}: depth must be ${3 * each}n + 4 (${[1, 2, 3].map((n) => 3 * each * n + 4).join(', ')}, ...), not ${depth}`,
    )
  return [count, count, count]
}

/**
 * The basic DenseNet for 32x32 or 28x28 images: a 3x3 stem of 16 channels, three dense blocks of n layers without
 * bottlenecks, transitions that keep the channels; depth 3n + 4. 1,019,722 parameters at depth 40 and growth rate 12
 * with 32x32x3 and 10 classes.
 *
 * @param options depth, growth rate and classes
 * @param makers others than `densenetMakers`
 * @throws RangeError if depth is not 3n + 4, or another option not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Huang et al., "Densely connected convolutional networks" (2017), section 3 "Implementation details" and table 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cifarDensenet } from '@resfn/archs/densenet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(cifarDensenet({ depth: 40, growth: 12, classes: 10 }), [32, 32, 3]).params, 1019722)
 * ```
 */
export const cifarDensenet = <N extends AnyLayer = BatchNorm>(
  { depth, growth, classes }: CifarDensenetOptions,
  makers?: Makers<N>,
): CifarDensenet<DenseLayer<N>, N> => {
  const layers = layersOf('cifarDensenet', depth, 1)
  // N is batch normalisation exactly where no makers are given.
  const own = (makers ?? densenetMakers) as Makers<N>
  const stem = { conv0: own.conv({ out: 16, size: 3 }) }
  return denseStages({ stem, layer: denseLayer({ growth }, own), layers, classes }, own)
}

/**
 * DenseNet-BC for 32x32 or 28x28 images: a 3x3 stem of 2k channels, three dense blocks of n layers with bottlenecks,
 * transitions that halve the channels; depth 6n + 4. 769,162 parameters at depth 100 and growth rate 12 with 32x32x3
 * and 10 classes.
 *
 * @param options depth, growth rate and classes
 * @param makers others than `densenetMakers`
 * @throws RangeError if depth is not 6n + 4, or another option not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Huang et al., "Densely connected convolutional networks" (2017), section 3 "Implementation details" and table 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cifarDensenetBc } from '@resfn/archs/densenet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(cifarDensenetBc({ depth: 100, growth: 12, classes: 10 }), [32, 32, 3]).params, 769162)
 * ```
 */
export const cifarDensenetBc = <N extends AnyLayer = BatchNorm>(
  { depth, growth, classes }: CifarDensenetOptions,
  makers?: Makers<N>,
): CifarDensenet<DenseBottleneck<N>, N> => {
  const layers = layersOf('cifarDensenetBc', depth, 2)
  // N is batch normalisation exactly where no makers are given.
  const own = (makers ?? densenetMakers) as Makers<N>
  const stem = { conv0: own.conv({ out: 2 * growth, size: 3 }) }
  return denseStages({ stem, layer: denseBottleneck({ growth }, own), layers, compression: 0.5, classes }, own)
}
