/** What a unit is made of, for each of its convolutions. */
export type UnitPart = 'conv' | 'norm' | 'act'

/** Where normalisation and activation stand in a residual unit. */
export type Placement = {
  /** the order of the parts, which the branch repeats for each of its convolutions */
  readonly order: readonly UnitPart[]
  /** how many parts at the end of the branch come after the addition instead */
  readonly afterAddition: number
}

/** The names of the five placements. */
export type PlacementName =
  | 'original'
  | 'normAfterAddition'
  | 'actBeforeAddition'
  | 'actPreActivation'
  | 'fullPreActivation'

const postActivation: Placement['order'] = ['conv', 'norm', 'act']

/**
 * The five placements of the paper's table 2, (a) to (e): each is an order of convolution, normalisation and
 * activation, and how much of its end follows the addition.
 *
 * @see He et al., "Identity mappings in deep residual networks" (2016), figure 4 and table 2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { placements } from '@resfn/placements'
 *
 * assert.deepEqual(placements.original, { order: ['conv', 'norm', 'act'], afterAddition: 1 })
 * assert.deepEqual(placements.fullPreActivation, { order: ['norm', 'act', 'conv'], afterAddition: 0 })
 * ```
 */
export const placements: { readonly [name in PlacementName]: Placement } = {
  original: { order: postActivation, afterAddition: 1 },
  normAfterAddition: { order: postActivation, afterAddition: 2 },
  actBeforeAddition: { order: postActivation, afterAddition: 0 },
  actPreActivation: { order: ['act', 'conv', 'norm'], afterAddition: 0 },
  fullPreActivation: { order: ['norm', 'act', 'conv'], afterAddition: 0 },
}
