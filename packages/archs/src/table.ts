/**
 * The row of a depth in the table of a paper.
 *
 * @param caller the function that the depth was given to, for the error
 * @param table rows by depth
 * @param depth layers with weights
 * @throws RangeError naming the depths of the table, if it does not have this one
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resnet } from '@resfn/archs/resnet'
 *
 * assert.throws(() => resnet({ depth: 51 as 50, classes: 10 }), /resnet: depth must be one of 10, 14, .*, not 51/)
 * ```
 */
export const rowOf = <T extends { readonly [depth: number]: unknown }, D extends keyof T>(
  caller: string,
  table: T,
  depth: D,
): T[D] => {
  if (!Object.hasOwn(table, depth))
    throw new RangeError(`${caller}: depth must be one of ${Object.keys(table).join(', ')}, not ${String(depth)}`)
  return table[depth]
}
