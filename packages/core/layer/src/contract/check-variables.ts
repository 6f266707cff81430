import { Tensor } from '@tensorflow/tfjs-core'
import { show } from '@resfn/options'
import { VariablesError } from './path-error.ts'

/** The shape that a leaf must have; a word stands for any size. */
export type LeafShape = readonly (number | string)[]

const matches = (shape: readonly number[], wanted: LeafShape): boolean =>
  shape.length === wanted.length && wanted.every((size, axis) => typeof size === 'string' || size === shape[axis])

/**
 * Throws unless a record of parameters or state has a live tensor of the right shape at each name, and no other name.
 * Ops call it when they run; it reads a few properties and no values.
 *
 * @param caller the op, for the message
 * @param variables the parameters or the state as they were given
 * @param shapes the shape of each leaf; a word in it stands for any size: `[3, 3, 'in', 8]`
 * @param tree what the record is
 * @throws VariablesError with the name of the leaf as path
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { checkVariables } from '@resfn/layer'
 *
 * checkVariables('dense', { weight: tf.zeros([4, 2]) }, { weight: ['in', 2] })
 * assert.throws(() => checkVariables('dense', { weight: tf.zeros([4, 3]) }, { weight: ['in', 2] }), /weight: dense needs \[in,2\]/)
 * ```
 */
export const checkVariables = (
  caller: string,
  variables: unknown,
  shapes: { readonly [name: string]: LeafShape },
  tree: 'parameters' | 'state' = 'parameters',
): void => {
  const remedy = `pass the ${tree} that init made for this net`
  if (typeof variables !== 'object' || variables === null)
    throw new VariablesError(
      '',
      `${caller} needs its ${tree}, ${Object.keys(shapes).join(' and ')}, not ${show(variables)}; ${remedy}`,
    )
  const leaves = variables as { readonly [name: string]: unknown }
  for (const name in shapes) {
    const leaf = leaves[name]
    const wanted = shapes[name]!
    if (!(leaf instanceof Tensor))
      throw new VariablesError(
        name,
        `${caller} needs a tensor [${wanted.join(',')}] in its ${tree}, but ${leaf === undefined ? 'there is none' : `this is ${show(leaf)}`}; ${remedy}`,
      )
    if (leaf.isDisposed)
      throw new VariablesError(
        name,
        `this tensor of the ${tree} of ${caller} is disposed; dispose a tree only after its last use`,
      )
    if (!matches(leaf.shape, wanted))
      throw new VariablesError(
        name,
        `${caller} needs [${wanted.join(',')}] in its ${tree}, but the tensor is [${leaf.shape.join(',')}]; ${remedy}`,
      )
  }
  for (const name in leaves)
    if (!Object.hasOwn(shapes, name) && leaves[name] !== undefined)
      throw new VariablesError(
        name,
        `${caller} has no such leaf in its ${tree}, only ${Object.keys(shapes).join(' and ')}; ${remedy}`,
      )
}
