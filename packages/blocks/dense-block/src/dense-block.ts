import { type AnyLayer, type Repeat, repeat } from '@resfn/layer'
import { checkOptions, wholeNumberFrom } from '@resfn/options'

/** Dense layers in a row: each reads what all before it made. */
export type DenseBlock<L extends AnyLayer> = Repeat<readonly L[]>

/** The options of a dense block. */
export type DenseBlockOptions<L extends AnyLayer> = {
  /** the layer: `denseLayer`, `denseBottleneck`, or your own that adds channels */
  readonly layer: L
  /** how many there are */
  readonly layers: number
}

/**
 * The dense block: the same kind of layer, `layers` times, under the indices `0`, `1`, …; `x_l = H_l([x_0, …,
 * x_(l-1)])`, and the output is `[x_0, …, x_layers]`. The first channels are the input, bit for bit.
 *
 * @param options the layer, and how many there are
 * @throws OptionsError if the number of layers is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the index of the layer that cannot take its input
 * @see Huang et al., "Densely connected convolutional networks" (2017), figure 1 and equation 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { denseBlock, denseBottleneck } from '@resfn/dense-block'
 *
 * const block = denseBlock({ layer: denseBottleneck({ growth: 32 }), layers: 6 })
 * assert.deepEqual(block.plan([56, 56, 64]).output, [56, 56, 64 + 6 * 32])
 * ```
 */
export const denseBlock = <L extends AnyLayer>(options: DenseBlockOptions<L>): DenseBlock<L> => {
  const { layer, layers } = options
  checkOptions<object>('denseBlock', { layers }, { layers: wholeNumberFrom(1) })
  return repeat(Array.from({ length: layers }, () => layer))
}
