import { Tensor, dispose as disposeTensors, tidy } from '@tensorflow/tfjs-core'
import { leaves } from './tree.ts'

const tensors = (tree: unknown): readonly Tensor[] => leaves<unknown>(tree).filter((leaf): leaf is Tensor => leaf instanceof Tensor)

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
 * `step(run)` with the memory kept: what the step makes on its way is freed, and so are the tensors of the old run that the new one does
 * not share. The old run must not be used afterwards. If the step throws, the old run is untouched.
 *
 * @param run a tree of tensors and plain values
 * @param step a pure function from a run to the next one; it must be synchronous
 * @returns the new run
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
  // tidy's own type asks for mutable containers; it walks any object.
  const next = tidy(() => step(run) as never) as R
  const shared = new Set(tensors(next))
  disposeTensors(tensors(run).filter((tensor) => !shared.has(tensor)))
  return next
}
