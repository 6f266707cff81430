import type { Rule } from '@resfn/options'

/** How much of a running mean stays at each step. */
export const decayRate: Rule = {
  must: 'a number from 0 to below 1',
  holds: (value) => typeof value === 'number' && value >= 0 && value < 1,
}

/** A positive number; infinity is one too. */
export const above0: Rule = { must: 'a number above 0', holds: (value) => typeof value === 'number' && value > 0 }
