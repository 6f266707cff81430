import { Tensor, dispose as disposeTensors, tidy } from '@tensorflow/tfjs-core'
import { leaves } from './tree.ts'

const tensors = (tree: unknown): readonly Tensor[] =>
  leaves<unknown>(tree).filter((leaf): leaf is Tensor => leaf instanceof Tensor)

/**
 * Frees every tensor of a tree; leaves that are not tensors are left alone.
 *
 * @param tree any tree
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dispose } from '@resfn/tree'
 *
 * const before = tf.memory().numTensors
 * dispose({ w: tf.zeros([2]), step: 3 })
 * assert.equal(tf.memory().numTensors, before)
 * ```
 */
export const dispose = (tree: unknown): void => disposeTensors([...tensors(tree)])

/**
 * `step(run)` without leaks: it frees the intermediate tensors of the step and the tensors of the old run that the new
 * run does not share. The old run must not be used afterwards. If the step throws, the old run is untouched and nothing
 * is left of the new one.
 *
 * @param run a tree of tensors and plain values
 * @param step a pure function from a run to the next one; it must be synchronous
 * @returns the new run
 * @throws TypeError if the step is asynchronous; the old run is untouched
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { advance } from '@resfn/tree'
 *
 * let run = { w: tf.tensor1d([1]), step: 0 }
 * const before = tf.memory().numTensors
 * for (let i = 0; i < 3; i++) run = advance(run, ({ w, step }) => ({ w: tf.mul(tf.add(w, 1), 2), step: step + 1 }))
 * assert.equal(run.w.dataSync()[0], 22)
 * assert.equal(tf.memory().numTensors, before)
 * ```
 */
export const advance = <R>(run: R, step: (run: R) => R): R => {
  let next: R | undefined
  // tidy gets the tensors alone, because it would walk through typed arrays number by number.
  const kept = tidy(() => {
    const made = step(run)
    if (made instanceof Promise) {
      // The rest of the step runs on freed tensors; its failure must not end the process.
      made.catch(() => undefined)
      throw new TypeError(
        'advance: the step must be synchronous; await what it needs before, and read its numbers after',
      )
    }
    next = made
    return [...tensors(made)]
  })
  const shared = new Set(kept)
  disposeTensors(tensors(run).filter((tensor) => !shared.has(tensor)))
  return next as R
}
