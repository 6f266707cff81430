import { engine, keep, type Tensor } from '@tensorflow/tfjs-core'
import { dispose, flatten, map, unflatten } from '@resfn/tree'
import { registerGradients } from './register-gradients.ts'

/** The loss does not depend on some leaves of the parameters; `paths` names them. */
export class UnconnectedError extends Error {
  readonly _tag = 'UnconnectedError'
  readonly paths: readonly string[]
  constructor(paths: readonly string[]) {
    super(
      `the loss does not depend on ${paths.join(', ')}; use each of them on the way to the loss, or leave them out of the differentiated tree`,
    )
    this.name = 'UnconnectedError'
    this.paths = paths
  }
}

/** What a differentiated function returns: a scalar, and anything else worth keeping. */
export type Objective<A> = { readonly loss: Tensor; readonly aux: A }

/** The value of an objective, the gradient of its loss at each leaf, and what else it returned. */
export type Differentiated<P, A> = { readonly loss: Tensor; readonly gradients: P; readonly aux: A }

/**
 * The value and the gradient of a scalar function of a tree: `params => { loss, gradients: d loss / d params, aux }` by reverse-mode
 * differentiation. Registers the gradients of tfjs kernels itself, in Node and in bundlers.
 *
 * @param f from the tree to `{ loss, aux }`; loss is a scalar, aux a tree of tensors and plain values that rides along undifferentiated
 * @returns a function of the tree; its results belong to the caller (or the surrounding tidy)
 * @throws UnconnectedError naming the leaves that the loss does not reach
 * @throws RangeError if the loss is not a scalar
 * Source: Griewank and Walther, "Evaluating derivatives" (2008), section 3.2.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { valueAndGradient } from '@resfn/autodiff'
 *
 * const f = valueAndGradient((p: { w: tf.Tensor }) => ({ loss: tf.sum(tf.square(p.w)), aux: {} }))
 * const { loss, gradients } = f({ w: tf.tensor1d([1, 2]) })
 * assert.equal(loss.dataSync()[0], 5)
 * assert.deepEqual([...gradients.w.dataSync()], [2, 4])
 * ```
 */
export const valueAndGradient =
  <P, A>(f: (params: P) => Objective<A>): ((params: P) => Differentiated<P, A>) =>
  (params) => {
    registerGradients()
    const entries = flatten(params)
    // tfjs frees whatever the differentiated function made except its one result, so aux is kept under clones of our own.
    let kept: { readonly aux: A } | undefined
    try {
      const { value, grads } = engine().gradients(
        () => {
          const { loss, aux } = f(params)
          if (loss.rank !== 0) throw new RangeError(`the loss must be a scalar, but has shape [${loss.shape.join(',')}]; take its mean or sum`)
          kept = { aux: mapTensors(aux, (tensor) => keep(tensor.clone())) }
          return loss
        },
        entries.map(({ leaf }) => leaf),
        undefined,
        true,
      )
      const unconnected = entries.filter((_, i) => grads[i] == null)
      if (unconnected.length > 0) {
        dispose([value, grads.filter((gradient) => gradient != null)])
        throw new UnconnectedError(unconnected.map(({ path }) => path))
      }
      return { loss: value, gradients: unflatten(params, grads), aux: mapTensors(kept!.aux, (tensor) => tensor.clone()) }
    } finally {
      if (kept !== undefined) dispose(kept)
    }
  }

const mapTensors = <A>(tree: A, f: (tensor: Tensor) => Tensor): A =>
  map(tree, (leaf: unknown) => (isTensor(leaf) ? f(leaf) : leaf))

const isTensor = (leaf: unknown): leaf is Tensor => typeof leaf === 'object' && leaf !== null && 'dataId' in leaf
