import { type AnyLayer, type Repeat, repeat } from '@resfn/layer'
import { checkOptions, wholeNumberFrom } from '@resfn/options'

/** A row of blocks: the first may change the shape, the others keep it. */
export type Stage<F extends AnyLayer, K extends AnyLayer> = Repeat<readonly [F, ...K[]]>

/**
 * A stage of a net: `first`, then `blocks - 1` times `rest`, or what it is at each index, under the indices `0`, `1`, …
 *
 * @param options the first block, the block that the others are, and how many there are in all
 * @throws OptionsError if blocks is not a whole number of at least 1
 * @see He et al., "Deep residual learning for image recognition" (2015), table 1: a row of the table
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { projection } from '@resfn/projected-add'
 * import { projectedResidualBlock, residualBlock } from '@resfn/residual-block'
 * import { stage } from '@resfn/stage'
 *
 * const first = projectedResidualBlock({ out: 32, stride: 2, shortcut: projection({ out: 32, stride: 2 }) })
 * const { params, output } = stage({ first, rest: residualBlock({ out: 32 }), blocks: 3 }).plan([28, 28, 16])
 * assert.deepEqual([params.length, output], [3, [14, 14, 32]])
 * assert.deepEqual(params[0].shortcut.weight.shape, [1, 1, 16, 32])
 * ```
 */
export const stage = <F extends AnyLayer, K extends AnyLayer>(options: {
  readonly first: F
  /** the block that the others are, or one for each index from 1 */
  readonly rest: K | ((index: number) => K)
  readonly blocks: number
}): Stage<F, K> => {
  const { first, rest, blocks } = options
  checkOptions('stage', { blocks }, { blocks: wholeNumberFrom(1) })
  const others: readonly K[] = Array.from({ length: blocks - 1 }, (_, i) =>
    typeof rest === 'function' ? rest(i + 1) : rest,
  )
  return repeat<readonly [F, ...K[]]>([first, ...others])
}
