import type { Extent } from '@resfn/trace'

/**
 * The order of axes of a value in the model: `layout[i]` is the axis of TensorFlow.js that is the i-th one here. Images
 * are `[batch, height, width, channels]` there and `[batch, channels, height, width]` here: `[0, 3, 1, 2]`.
 */
export type Layout = readonly number[]

/** The axes as they are. */
export const plain = (rank: number): Layout => Array.from({ length: rank }, (_, axis) => axis)

/** The layout that a value of a rank has by choice: channels first for images. */
export const usual = (rank: number): Layout => (rank === 4 ? [0, 3, 1, 2] : plain(rank))

export const sameLayout = (a: Layout, b: Layout): boolean => a.join() === b.join()

/** A list with one item an axis of TensorFlow.js, in the order of a layout. */
export const inLayout = <T>(items: readonly T[], layout: Layout): readonly T[] => layout.map((axis) => items[axis]!)

/** The permutation that leads from one layout to another, as Transpose takes it. */
export const between = (from: Layout, to: Layout): readonly number[] => to.map((axis) => from.indexOf(axis))

/** The axis here of an axis there, which may be counted from the end. */
export const axisHere = (axis: number, layout: Layout): number => layout.indexOf(axis < 0 ? axis + layout.length : axis)

/** The layout of what is left when axes are taken away. */
export const withoutAxes = (layout: Layout, removed: readonly number[]): Layout =>
  layout.filter((axis) => !removed.includes(axis)).map((axis) => axis - removed.filter((other) => other < axis).length)

// A batch of so many samples has no size in common with an image.
const batch = 7919

const sizeOf = (extent: Extent): number => (typeof extent === 'number' ? extent : extent.perSample * batch)

type Block = { readonly from: readonly number[]; readonly to: readonly number[] }

type Sizes = readonly { readonly axis: number; readonly size: number }[]

const wide = (shape: readonly Extent[]): Sizes =>
  shape.map((extent, axis) => ({ axis, size: sizeOf(extent) })).filter(({ size }) => size !== 1)

/** The shortest runs of axes that hold the same values before and after a reshape. */
const blocksOf = (from: Sizes, to: Sizes): readonly Block[] => {
  const blocks: Block[] = []
  for (let [i, j] = [0, 0]; i < from.length;) {
    const [firstFrom, firstTo] = [i, j]
    let [before, after] = [from[i++]!.size, to[j++]!.size]
    while (before !== after)
      if (before < after) before *= from[i++]!.size
      else after *= to[j++]!.size
    const axes = (sizes: Sizes): readonly number[] => sizes.map(({ axis }) => axis)
    blocks.push({ from: axes(from.slice(firstFrom, i)), to: axes(to.slice(firstTo, j)) })
  }
  return blocks
}

/**
 * The layout that a value has when it is reshaped as it lies here, without a transposition; undefined if that mixes its
 * values. Axes of size 1 may stand anywhere.
 */
export const reshapedLayout = (layout: Layout, from: readonly Extent[], to: readonly Extent[]): Layout | undefined => {
  const [wideFrom, wideTo] = [wide(from), wide(to)]
  const isWide = (sizes: Sizes) => (axis: number) => sizes.some((size) => size.axis === axis)
  const here = layout.filter(isWide(wideFrom))
  const blocks = blocksOf(wideFrom, wideTo).map((block) => ({ ...block, at: here.indexOf(block.from[0]!) }))
  if (blocks.some((block) => block.from.some((axis, i) => here[block.at + i] !== axis))) return undefined
  const order = blocks.toSorted((a, b) => a.at - b.at).flatMap((block) => block.to)
  const rank = to.length
  const fits = (candidate: Layout): boolean => sameLayout(candidate.filter(isWide(wideTo)), order)
  return [usual(rank), plain(rank)].find(fits) ?? [...order, ...plain(rank).filter((axis) => !order.includes(axis))]
}
