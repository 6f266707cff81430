import type { AnyLayer } from './layer.ts'
import type { Part } from './plan.ts'
import type { Shape } from './shape.ts'
import { countValues } from './variables.ts'

/** A line of a summary: one layer, op or block. */
export type SummaryRow = {
  /** the layer's path, the key of its parameters in checkpoints */
  readonly path: string
  readonly kind: string
  /** how deep in the net: 0 for the net's own parts */
  readonly depth: number
  readonly output: Shape
  /** trainable values, all parts included */
  readonly params: number
  /** multiply-adds for one sample, all parts included */
  readonly macs: number
}

/** A net in numbers. */
export type Summary = {
  readonly input: Shape
  readonly output: Shape
  readonly rows: readonly SummaryRow[]
  readonly params: number
  /** values of the state (running statistics), which are not trained */
  readonly buffers: number
  readonly macs: number
}

const rowsOf = (parts: readonly Part[], prefix: string, depth: number): readonly SummaryRow[] =>
  parts.flatMap(({ name, plan }) => {
    const path = prefix === '' ? name : `${prefix}.${name}`
    const { kind, output, macs } = plan
    return [
      { path, kind, depth, output, params: countValues(plan.params), macs },
      ...rowsOf(plan.parts, path, depth + 1),
    ]
  })

/**
 * A net in numbers: a row for each layer, outer ones before their parts, with output shape, parameters and
 * multiply-adds. Needs no backend.
 *
 * @param net any layer
 * @param input the shape of one input sample
 * @throws ShapeError with the path of the layer that cannot take its input
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 * import { sequential, summary } from '@resfn/layer'
 *
 * const { params, macs, rows } = summary(sequential({ fc: dense({ out: 10 }) }), [784])
 * assert.deepEqual([params, macs, rows[0]?.path], [7850, 7840, 'fc'])
 * ```
 */
export const summary = (net: AnyLayer, input: Shape): Summary => {
  const plan = net.plan(input)
  return {
    input,
    output: plan.output,
    rows: rowsOf(plan.parts, '', 0),
    params: countValues(plan.params),
    buffers: countValues(plan.state),
    macs: plan.macs,
  }
}
