import { memory } from '@tensorflow/tfjs-core'
import { expect } from 'vitest'

/**
 * Expects that `f` leaves as many tensors as it found, once warm: it runs three times and the count after the second
 * and third agree.
 */
export const expectNoLeak = (f: () => void): void => {
  f()
  f()
  const before = memory().numTensors
  f()
  expect(memory().numTensors, 'tensors alive after one more run').toBe(before)
}
