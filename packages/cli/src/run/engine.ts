import type { Chosen } from '@resfn/runtime'
import type { Context } from '../context/context.ts'

/** What computes a run: another one rounds otherwise in places, so a run that changes it ends at other weights. */
export const engineOf = (
  { versions, ranks }: Context,
  { backend, details }: Pick<Chosen, 'backend' | 'details'>,
): string =>
  `Node ${versions['node'] ?? 'unknown'}, ${backend} (${details})${ranks === undefined ? '' : `, ${ranks.collective.size} ranks`}`
