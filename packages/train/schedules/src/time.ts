import { checkOptions, func, wholeNumberFrom } from '@resfn/options'
import type { Schedule } from './schedule.ts'

/**
 * A schedule written in epochs, followed smoothly: at each step it is asked for the epochs so far, `step /
 * stepsPerEpoch`.
 *
 * @param stepsPerEpoch batches in an epoch
 * @returns from a schedule in epochs to one in steps
 * @throws OptionsError if stepsPerEpoch is not a whole number from 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cosine, inEpochs } from '@resfn/schedules'
 *
 * assert.equal(inEpochs(10)(cosine({ rate: 1, steps: 2 }))(10), 0.5)
 * ```
 */
export const inEpochs = (stepsPerEpoch: number): ((schedule: Schedule) => Schedule) => {
  checkOptions('inEpochs', { stepsPerEpoch }, { stepsPerEpoch: wholeNumberFrom(1) })
  return (schedule) => (step) => schedule(step / stepsPerEpoch)
}

/**
 * A schedule written in epochs that changes only between them: at each step it is asked for the whole epochs so far.
 * What PyTorch does when `scheduler.step()` is called once an epoch.
 *
 * @param stepsPerEpoch batches in an epoch
 * @returns from a schedule in epochs to one in steps
 * @throws OptionsError if stepsPerEpoch is not a whole number from 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { milestones, perEpoch } from '@resfn/schedules'
 *
 * const rate = perEpoch(10)(milestones({ rate: 1, at: [1], factor: 0.5 }))
 * assert.deepEqual([9, 10].map(rate), [1, 0.5])
 * ```
 */
export const perEpoch = (stepsPerEpoch: number): ((schedule: Schedule) => Schedule) => {
  checkOptions('perEpoch', { stepsPerEpoch }, { stepsPerEpoch: wholeNumberFrom(1) })
  return (schedule) => (step) => schedule(Math.floor(step / stepsPerEpoch))
}

/** A schedule and for how many steps it is followed. */
export type Phase = { readonly schedule: Schedule; readonly steps: number }

/**
 * Schedules one after the other, each counting its steps from 0.
 *
 * @param phases the first schedules, each with its number of steps
 * @param last the schedule of all later steps
 * @throws OptionsError if a number of steps is not a whole number from 0
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { constantRate, inTurn, milestones } from '@resfn/schedules'
 *
 * const rate = inTurn([{ schedule: constantRate(0.01), steps: 400 }], milestones({ rate: 0.1, at: [32000] }))
 * assert.deepEqual([399, 400].map(rate), [0.01, 0.1])
 * ```
 */
export const inTurn = (phases: readonly Phase[], last: Schedule): Schedule => {
  phases.forEach((phase, i) =>
    checkOptions(`inTurn: phases[${i}]`, phase, { schedule: func, steps: wholeNumberFrom(0) }),
  )
  checkOptions('inTurn', { last }, { last: func })
  return (step) => {
    let left = step
    for (const { schedule, steps } of phases) {
      if (left < steps) return schedule(left)
      left -= steps
    }
    return last(left)
  }
}
