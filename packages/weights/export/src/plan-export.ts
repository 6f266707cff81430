import type { KeyMap } from '@resfn/archs'
import type { Plan, Shape, Spec } from '@resfn/layer'
import { type PublishedLeaf, publishedOf, toPublished } from '@resfn/layout'
import { type FloatDtype, fromFloat32, type TensorView, tensorView } from '@resfn/safetensors'
import { flatten } from '@resfn/tree'

/** A tensor of the file to be, and the leaf that it is made from. */
export type ExportedLeaf = PublishedLeaf & {
  readonly dtype: FloatDtype | 'I64'
  /** `params.` or `state.`, then the path; nothing for a counter, which no leaf of ours stands for */
  readonly name: string | undefined
}

/**
 * The tensors of a published file of a net, before any value is read: each leaf under its key, and the counters beside
 * them.
 *
 * @param plan the plan of the net on its input
 * @param keys the map of the format
 * @param options the dtype of the weights; counters are I64
 * @throws KeyMapError naming the pair, if the map is malformed or ambiguous
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 * import { planExport } from '@resfn/export'
 *
 * assert.deepEqual(planExport(dense({ out: 2 }).plan([3]), [])[0], {
 *   key: 'weight',
 *   shape: [2, 3],
 *   dtype: 'F32',
 *   name: 'params.weight',
 * })
 * ```
 */
export const planExport = (
  plan: Plan<unknown, unknown>,
  keys: KeyMap,
  { dtype = 'F32' }: { readonly dtype?: FloatDtype } = {},
): readonly ExportedLeaf[] =>
  (['params', 'state'] as const).flatMap((root) =>
    flatten<Spec>(plan[root]).flatMap(({ path, leaf }): readonly ExportedLeaf[] => {
      const { key, shape, beside } = publishedOf(path, leaf.shape, keys)
      return [
        { key, shape, dtype, name: `${root}.${path}` },
        ...beside.map((counter) => ({ key: counter, shape: [] as Shape, dtype: 'I64' as const, name: undefined })),
      ]
    }),
  )

// Rounded to nearest, numbers from here on are infinite in F16.
const halfOverflow = 65_520

/**
 * A tensor of the file, from the values of its leaf, rounded to its dtype. A counter is zero, since nothing of ours
 * counts batches.
 *
 * @param leaf one of `planExport`
 * @param values the values of the leaf, row by row; none for a counter
 * @throws RangeError naming the key, if a value is finite and its dtype has none so large
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { publishedView } from '@resfn/export'
 *
 * const leaf = { key: 'fc.weight', shape: [2, 3], dtype: 'F32', name: 'params.fc.weight' } as const
 * assert.equal(publishedView(leaf, new Float32Array(6)).data.length, 24)
 * ```
 */
export const publishedView = (leaf: ExportedLeaf, values: Float32Array | undefined): TensorView => {
  const { key, shape, dtype } = leaf
  if (values === undefined || dtype === 'I64') return tensorView('I64', shape, new BigInt64Array(1))
  if (dtype === 'F16') {
    const large = values.find((value) => Math.abs(value) >= halfOverflow && Number.isFinite(value))
    if (large !== undefined)
      throw new RangeError(`${key} holds ${large}, and the largest number of F16 is 65504; write it as F32 or BF16`)
  }
  return fromFloat32(dtype, shape, toPublished(values, leaf))
}
