import { clone, ones, Tensor, tidy } from '@tensorflow/tfjs-core'
import { type Entry, flatten, leaves, map, unflatten } from '@resfn/tree'
import { backward } from './backward.ts'
import { registerGradients } from './register-gradients.ts'
import { record } from './tape.ts'

/** The loss does not depend on some leaves of the parameters; `paths` names them. */
export class UnconnectedError extends Error {
  readonly _tag = 'UnconnectedError'
  readonly paths: readonly string[]
  constructor(paths: readonly string[]) {
    super(
      `the loss does not depend on ${paths.join(', ')}; use each of them in the loss, or leave them out of the differentiated tree`,
    )
    this.name = 'UnconnectedError'
    this.paths = paths
  }
}

/** What a differentiated function returns: a scalar, and anything else worth keeping. */
export type Objective<A> = { readonly loss: Tensor; readonly aux: A }

/** The value of an objective, the gradient of its loss at each leaf, and its `aux`. */
export type Differentiated<P, A> = { readonly loss: Tensor; readonly gradients: P; readonly aux: A }

/** What hears of the reverse pass while it goes on. */
export type ReversePass = {
  /**
   * Gets the path of a leaf and its gradient as soon as no kernel is left that adds to it: those of the last layers
   * come first. The tensor is the one in the result, to be read and not disposed.
   */
  readonly onGradient?: ((path: string, gradient: Tensor) => void) | undefined
}

/**
 * The value and the gradient of a scalar function of a tree: `params => { loss, gradients: d loss / d params, aux }` by
 * reverse-mode differentiation. It registers the gradients of tfjs kernels itself, in Node and in bundlers. A tensor at
 * two places of the tree counts as two leaves: each place gets the gradient of what was read there.
 *
 * @param f from the tree to `{ loss, aux }`; loss is a float32 scalar, aux a tree of tensors and plain values that is
 *   returned as it is, not differentiated. `f` must read the tree it is given and be synchronous.
 * @param pass what hears of each gradient while others are still computed
 * @returns a function of the tree; its results belong to the caller (or the surrounding tidy)
 * @throws UnconnectedError naming the leaves that the loss does not reach
 * @throws MissingGradientError naming the kernel before the loss that cannot be differentiated
 * @throws RangeError if the loss is not a scalar or the tree has no leaf
 * @throws TypeError if a leaf is not a live float32 tensor, or `f` does not return `{ loss, aux }`
 * @see Griewank and Walther, "Evaluating derivatives" (2008), section 3.2.
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
  <P, A>(f: (params: P) => Objective<A>, { onGradient }: ReversePass = {}): ((params: P) => Differentiated<P, A>) =>
  (params) => {
    const { output: loss, ...rest } = differentiate(
      params,
      (tree) => {
        const objective = f(tree)
        check(objective)
        return { output: objective.loss, aux: objective.aux }
      },
      ({ shape }) => ones(shape),
      onGradient,
    )
    return { loss, ...rest }
  }

/**
 * The gradients of `sum(dy * f(params))` at each leaf: what the chain rule does with the gradient `dy` of an output
 * (vector-Jacobian product). `f` is computed here, so nothing is kept between a forward and a reverse pass.
 *
 * @param f from the tree to a float32 tensor; it must read the tree it is given and be synchronous
 * @returns a function of the tree and of the gradient of the output, of the output's shape; the caller owns its results
 * @throws UnconnectedError naming the leaves that the output does not depend on
 * @throws MissingGradientError naming the kernel before the output that cannot be differentiated
 * @throws RangeError if `dy` has another shape than the output
 * @throws TypeError if a leaf is not a live float32 tensor
 * @see Griewank and Walther, "Evaluating derivatives" (2008), section 3.2.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { pullback } from '@resfn/autodiff'
 *
 * const back = pullback(({ x }: { x: tf.Tensor }) => tf.square(x))
 * const { x } = back({ x: tf.tensor1d([1, 2]) }, tf.tensor1d([10, 100]))
 * assert.deepEqual([...x.dataSync()], [20, 400])
 * ```
 */
export const pullback =
  <P>(f: (params: P) => Tensor): ((params: P, dy: Tensor) => P) =>
  (params, dy) => {
    const { output, gradients } = differentiate(
      params,
      (tree) => ({ output: f(tree), aux: {} }),
      ({ shape }) => {
        if (shape.join() !== dy.shape.join())
          throw new RangeError(
            `dy must have the shape of the output, [${shape.join(',')}], but has [${dy.shape.join(',')}]`,
          )
        return dy
      },
    )
    output.dispose()
    return gradients
  }

/** Runs a function while tfjs records it, then goes back from the gradient of its output to those of the leaves. */
const differentiate = <P, A>(
  params: P,
  f: (params: P) => { readonly output: Tensor; readonly aux: A },
  seed: (output: Tensor) => Tensor,
  onGradient?: ReversePass['onGradient'],
): { readonly output: Tensor; readonly gradients: P; readonly aux: A } => {
  registerGradients()
  const entries = flatten<unknown>(params)
  let aux: A | undefined
  const [output, kept, gradients] = tidy(() => {
    const inputs = distinct(entries)
    const tree = inputs.every((input, i) => input === entries[i]!.leaf) ? params : unflatten<P>(params, inputs)
    const recording = record(() =>
      tidy(() => {
        const { output: value, aux: rest } = f(tree)
        aux = rest
        // Clones, so that the caller owns the results even if they are parameters or tensors made elsewhere.
        return [value, ...leaves<unknown>(rest).filter(isTensor)].map((tensor) => clone(tensor))
      }),
    )
    const [value, ...others] = recording.result as [Tensor, ...Tensor[]]
    const onWhole = onGradient && ((leaf: number, gradient: Tensor): void => onGradient(entries[leaf]!.path, gradient))
    const found = backward(recording.nodes, value, inputs, seed(value), onWhole)
    const unconnected = entries.filter((_, i) => found[i] === undefined)
    if (unconnected.length > 0) throw new UnconnectedError(unconnected.map(({ path }) => path))
    return [value, others, found as Tensor[]] as [Tensor, Tensor[], Tensor[]]
  })
  let next = 0
  return {
    output,
    gradients: unflatten(params, gradients),
    aux: map(aux as A, (leaf: unknown) => (isTensor(leaf) ? kept[next++] : leaf)),
  }
}

const isTensor = (leaf: unknown): leaf is Tensor => leaf instanceof Tensor

/** The leaves, with a clone for each further place of a tensor. */
const distinct = (entries: readonly Entry<unknown>[]): readonly Tensor[] => {
  if (entries.length === 0)
    throw new RangeError('there is nothing to differentiate: the tree of parameters has no leaf')
  const seen = new Set<unknown>()
  return entries.map(({ path, leaf }) => {
    if (!isTensor(leaf))
      throw new TypeError(
        `${path === '' ? 'the root' : path}: a leaf of the parameters must be a tensor, not ${String(leaf)}`,
      )
    if (leaf.isDisposed)
      throw new TypeError(
        `${path === '' ? 'the root' : path}: this tensor of the parameters is disposed; dispose a tree only after its last use`,
      )
    if (leaf.dtype !== 'float32')
      throw new TypeError(
        `${path === '' ? 'the root' : path}: a leaf of the parameters must be float32 to be differentiated, but this is ${leaf.dtype}; convert it with tf.cast(x, 'float32'), or leave it out of the tree`,
      )
    const first = !seen.has(leaf)
    seen.add(leaf)
    return first ? leaf : clone(leaf)
  })
}

const check = (objective: Objective<unknown>): void => {
  const loss: unknown = objective?.loss
  if (!isTensor(loss))
    throw new TypeError(
      'the differentiated function must return { loss, aux } with a tensor as loss, and be synchronous',
    )
  if (loss.rank !== 0)
    throw new RangeError(`the loss must be a scalar, but has shape [${loss.shape.join(',')}]; take its mean or sum`)
  if (loss.dtype !== 'float32') throw new TypeError(`the loss must be float32, but is ${loss.dtype}`)
}
