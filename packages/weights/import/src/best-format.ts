import type { KeyMap } from '@resfn/archs'
import type { Plan, Spec } from '@resfn/layer'
import { publishedOf } from '@resfn/layout'
import { flatten } from '@resfn/tree'
import { withoutPrefix } from './published-weights.ts'

/** The formats that a net is published in, by name. */
export type Formats = { readonly [format: string]: KeyMap }

/**
 * The name of the format whose keys a file has most of; the first one where several have as many.
 *
 * @param keys the keys of the file
 * @param plan the plan of the net
 * @param formats the key maps that the net is published in, at least one
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 * import { bestFormat } from '@resfn/import'
 *
 * const formats = { torch: [], keras: [['weight', 'kernel']] } as const
 * assert.equal(bestFormat(['kernel', 'bias'], dense({ out: 2 }).plan([3]), formats), 'keras')
 * ```
 */
export const bestFormat = (keys: Iterable<string>, plan: Plan<unknown, unknown>, formats: Formats): string => {
  const file = withoutPrefix(new Map([...keys].map((key) => [key, true])))
  const specs = [...flatten<Spec>(plan.params), ...flatten<Spec>(plan.state)]
  const scores = Object.entries(formats).map(([format, map]) => ({
    format,
    score: specs.filter(({ path, leaf }) => file.has(publishedOf(path, leaf.shape, map).key)).length,
  }))
  return scores.reduce((best, other) => (other.score > best.score ? other : best)).format
}
