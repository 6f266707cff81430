import { dense, type DenseParams } from '@resfn/dense'
import { type AnyLayer, type Empty, type Layer, type Layers, type Sequential, sequential } from '@resfn/layer'
import type { BatchNorm, Conv2d, Makers } from '@resfn/makers'
import { globalAvgPool } from '@resfn/pool'
import { type Stage, stage } from '@resfn/stage'
import type { BlockKind, Place } from './block-kind.ts'
import { type Stem, usualStem } from './stems.ts'

/** The layers after the last stage. */
type Head = { readonly globalAvgPool: Layer<Empty>; readonly fc: Layer<DenseParams> }

/** No layers. */
export type NoLayers = { readonly [name in never]: never }

/** A residual net of four stages: stem, stages, tail and head. */
export type FourStages<B extends AnyLayer, D extends AnyLayer, K extends AnyLayer, S = Stem, T = NoLayers> = Sequential<
  S & {
    readonly layer1: Stage<B, K>
    readonly layer2: Stage<D, K>
    readonly layer3: Stage<D, K>
    readonly layer4: Stage<D, K>
  } & T &
    Head
>

/** A residual net of three stages: stem, stages, tail and head. */
export type ThreeStages<
  B extends AnyLayer,
  D extends AnyLayer,
  K extends AnyLayer,
  S = Stem,
  T = NoLayers,
> = Sequential<
  S & { readonly layer1: Stage<B, K>; readonly layer2: Stage<D, K>; readonly layer3: Stage<D, K> } & T & Head
>

/**
 * Makes a stage, by its index, from its first block: the first stage keeps the size of the image, each other halves it.
 */
const stagesOf = <K extends AnyLayer>(
  { expansion, keep }: BlockKind<AnyLayer, AnyLayer, K>,
  blocks: readonly number[],
  widths: readonly number[],
): (<F extends AnyLayer>(s: number, first: (place: Place) => F) => Stage<F, K>) => {
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
  const [all, outs] = [sum(blocks), widths.map((width) => width * expansion)]
  return (s, first) => {
    const before = sum(blocks.slice(0, s))
    const place = (i: number): Place => ({
      out: outs[s]!,
      stride: s > 0 && i === 0 ? 2 : 1,
      index: before + i,
      blocks: all,
    })
    return stage({ first: first(place(0)), rest: (i) => keep(place(i)), blocks: blocks[s]! })
  }
}

const headOf = (classes: number): Head => ({ globalAvgPool, fc: dense({ out: classes }) })

type Common<B extends AnyLayer, D extends AnyLayer, K extends AnyLayer, T> = {
  /** the kind of block, such as `basicBlocks()`, `bottlenecks()` or one of `blockKind` */
  readonly kind: BlockKind<B, D, K>
  readonly classes: number
  /** layers between the last stage and the pooling, by name; none by default */
  readonly tail?: T
}

/** The options of a net of four stages. */
export type FourStagesOptions<B extends AnyLayer, D extends AnyLayer, K extends AnyLayer, S, T> = Common<B, D, K, T> & {
  /** the layers before the first stage, by name; `usualStem()` by default */
  readonly stem?: S
  readonly blocks: readonly [number, number, number, number]
  /** channels of each stage before the expansion; 64, 128, 256, 512 by default */
  readonly widths?: readonly [number, number, number, number]
}

/** The options of a net of three stages. */
export type ThreeStagesOptions<B extends AnyLayer, D extends AnyLayer, K extends AnyLayer, S, T> = Common<
  B,
  D,
  K,
  T
> & {
  /** the layers before the first stage, by name */
  readonly stem: S
  readonly blocks: readonly [number, number, number]
  /** channels of each stage before the expansion; 16, 32, 64 by default */
  readonly widths?: readonly [number, number, number]
}

/**
 * A residual net of four stages of a kind of block, for ImageNet-sized images: the rows of table 1 of the paper, from
 * the stem to the head.
 *
 * @param options the kind of block, the number of blocks in each stage, and the classes
 * @param makers others than the usual ones, for the stem
 * @throws OptionsError if a count is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see He et al., "Deep residual learning for image recognition" (2015), table 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { basicBlocks, deepStem, fourStages } from '@resfn/archs/resnet'
 *
 * const resnet10c = fourStages({
 *   stem: deepStem({ widths: [32, 32, 64] }),
 *   kind: basicBlocks(),
 *   blocks: [1, 1, 1, 1],
 *   classes: 10,
 * })
 * assert.deepEqual(resnet10c.plan([64, 64, 3]).output, [10])
 * ```
 */
export const fourStages = <
  B extends AnyLayer,
  D extends AnyLayer,
  K extends AnyLayer,
  N extends AnyLayer = BatchNorm,
  S extends Layers = Stem<Conv2d, N>,
  T extends Layers = NoLayers,
>(
  options: FourStagesOptions<B, D, K, S, T>,
  makers?: Makers<N>,
): FourStages<B, D, K, S, T> => {
  const { stem = usualStem(makers), kind, blocks, widths = [64, 128, 256, 512], tail = {}, classes } = options
  const { begin, down } = kind
  const row = stagesOf(kind, blocks, widths)
  const layers = {
    ...stem,
    layer1: row(0, begin),
    layer2: row(1, down),
    layer3: row(2, down),
    layer4: row(3, down),
    ...tail,
    ...headOf(classes),
  }
  // S and T are the types of the defaults exactly where none is given.
  return sequential(layers) as unknown as FourStages<B, D, K, S, T>
}

/**
 * A residual net of three stages of a kind of block, for images of 32x32 or 28x28.
 *
 * @param options the stem, the kind of block, the number of blocks in each stage, and the classes
 * @throws OptionsError if a count is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see He et al., "Deep residual learning for image recognition" (2015), section 4.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { basicBlocks, threeStages } from '@resfn/archs/resnet'
 * import { convBn } from '@resfn/conv-bn'
 *
 * const stem = { conv1: convBn({ out: 16, size: 3 }) }
 * const net = threeStages({ stem, kind: basicBlocks(), blocks: [1, 1, 1], classes: 10 })
 * assert.deepEqual(net.plan([32, 32, 3]).output, [10])
 * ```
 */
export const threeStages = <
  B extends AnyLayer,
  D extends AnyLayer,
  K extends AnyLayer,
  S extends Layers,
  T extends Layers = NoLayers,
>(
  options: ThreeStagesOptions<B, D, K, S, T>,
): ThreeStages<B, D, K, S, T> => {
  const { stem, kind, blocks, widths = [16, 32, 64], tail = {}, classes } = options
  const { begin, down } = kind
  const row = stagesOf(kind, blocks, widths)
  const layers = {
    ...stem,
    layer1: row(0, begin),
    layer2: row(1, down),
    layer3: row(2, down),
    ...tail,
    ...headOf(classes),
  }
  return sequential(layers) as unknown as ThreeStages<B, D, K, S, T>
}
