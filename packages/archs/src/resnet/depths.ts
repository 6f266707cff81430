/**
 * Blocks in each of the four stages by depth: table 1 of the paper (18 to 152), and the depths that others added to it.
 * Those below 50 have basic blocks, but for 14 and 26; all others have bottlenecks.
 *
 * @see He et al., "Deep residual learning for image recognition" (2015), table 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { depths } from '@resfn/archs/resnet'
 *
 * assert.deepEqual(depths[101], [3, 4, 23, 3])
 * ```
 */
export const depths = {
  10: [1, 1, 1, 1],
  14: [1, 1, 1, 1],
  18: [2, 2, 2, 2],
  26: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
  200: [3, 24, 36, 3],
  269: [3, 30, 48, 8],
} as const

/** The depths that have a row in `depths`. */
export type ResnetDepth = keyof typeof depths

/** The depths of basic blocks. */
export type BasicDepth = 10 | 18 | 34

/** Whether the blocks of a depth are basic. */
export const isBasic = (depth: number): depth is BasicDepth => [10, 18, 34].includes(depth)
