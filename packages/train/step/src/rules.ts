import { func, numberFrom, optional, type Rule, type Rules, wholeNumberFrom } from '@resfn/options'
import type { StartOptions } from './run.ts'
import type { Learning } from './step.ts'

/** A record in which these names are functions. */
const recordOfFunctions = (what: string, ...names: readonly string[]): Rule => ({
  must: `${what}, a record of the functions ${names.join(', ')}`,
  holds: (value) =>
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof (value as { readonly [name: string]: unknown })[name] === 'function'),
})

const isUint32 = wholeNumberFrom(0, 2 ** 32 - 1).holds

const optimiser = recordOfFunctions('an optimiser, such as sgd()', 'init', 'update')

/** The rules of `Learning`, for functions whose options hold one. */
export const learningRules: Rules<Learning<unknown, unknown>> = {
  net: recordOfFunctions('a layer of @resfn/layer', 'plan', 'apply', 'train'),
  loss: func,
  optimiser,
  schedule: func,
  statisticsDecay: optional(numberFrom(0, 1)),
  averageDecay: optional(numberFrom(0, 1)),
  microBatch: optional(wholeNumberFrom(1)),
  replicas: optional(
    recordOfFunctions('replicas, such as replicasOf(collective)', 'exchange', 'weighing', 'sum', 'gather'),
  ),
}

/** The rules of the options of `startRun`. */
export const startRules: Rules<StartOptions> = {
  optimiser,
  key: {
    must: 'a key of @resfn/random: two 32-bit numbers',
    holds: (value) => Array.isArray(value) && value.length === 2 && value.every(isUint32),
  },
  input: {
    must: 'the shape of one sample: an array of positive whole numbers',
    holds: (value) => Array.isArray(value) && value.every(wholeNumberFrom(1).holds),
  },
}
