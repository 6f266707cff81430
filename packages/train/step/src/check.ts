import { Tensor } from '@tensorflow/tfjs-core'
import type { Examples } from '@resfn/batches'
import { formatShape, type Layer, sameShape, type Shape, type Spec } from '@resfn/layer'
import { show } from '@resfn/options'
import { flatten } from '@resfn/tree'
import { BatchError, RunError } from './error.ts'
import type { Run } from './run.ts'

/**
 * Throws unless images, shape and labels of a batch fit each other.
 *
 * @param examples a batch of examples
 * @throws BatchError if a part has a wrong form, or the parts do not fit each other
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkExamples } from '@resfn/step'
 *
 * const examples = { images: new Float32Array(4), shape: [2, 2], labels: new Int32Array([0]) }
 * assert.throws(() => checkExamples(examples), /has 1 labels; it needs one an example: 2/)
 * ```
 */
export const checkExamples = (examples: Examples): void => {
  if (typeof examples !== 'object' || examples === null)
    throw new BatchError(`a batch must be a record of images, shape and labels, not ${show(examples)}`)
  const { images, shape, labels, targets } = examples
  if (!(images instanceof Float32Array))
    throw new BatchError(`the images of the batch must be a Float32Array, not ${show(images)}`)
  if (!(labels instanceof Int32Array))
    throw new BatchError(`the labels of the batch must be an Int32Array of class indices, not ${show(labels)}`)
  if (targets !== undefined && !(targets instanceof Float32Array))
    throw new BatchError(`the targets of the batch must be a Float32Array of probabilities, not ${show(targets)}`)
  if (!Array.isArray(shape))
    throw new BatchError(
      `the shape of the batch must be an array such as [batch,height,width,channels], not ${show(shape)}`,
    )
  const values = shape.reduce((product, size) => product * size, 1)
  if (values !== images.length)
    throw new BatchError(`the batch has ${images.length} values, but its shape ${formatShape(shape)} needs ${values}`)
  if (labels.length !== shape[0])
    throw new BatchError(
      `the batch of shape ${formatShape(shape)} has ${labels.length} labels; it needs one an example: ${shape[0]}`,
    )
  if (labels.length === 0) throw new BatchError('the batch has no example; leave empty batches out')
}

/** Throws unless the labels are classes from 0 to classes - 1. */
export const checkClasses = (labels: Int32Array, classes: number): void => {
  const at = labels.findIndex((label) => label < 0 || label >= classes)
  if (at >= 0)
    throw new BatchError(
      `label ${at} of the batch is ${labels[at]}, but the net has ${classes} classes: 0 to ${classes - 1}; give the net as many classes as the data has`,
    )
}

/** Throws unless there is a probability for each example and class, where there are targets. */
export const checkTargets = (labels: Int32Array, targets: Float32Array | undefined, classes: number): void => {
  if (targets !== undefined && targets.length !== labels.length * classes)
    throw new BatchError(
      `the batch has ${targets.length} targets, but ${labels.length} examples of ${classes} classes need ${labels.length * classes}; mix labels for as many classes as the net has`,
    )
}

const parts = ['params', 'state', 'optimiser', 'key', 'cursor', 'step', 'score', 'history']

/** Throws a `RunError` unless the value has the parts of a run. */
export const checkRunForm = (run: unknown): void => {
  const missing = parts.find((name) => !Object.hasOwn(Object(run) as object, name))
  if (missing !== undefined)
    throw new RunError('', `it must be a run of startRun or restoreRun, with ${missing}, not ${show(run)}`)
}

const otherNet = 'is the run of this net, built with the same options?'

const checkAlive = (path: string, leaf: unknown): void => {
  if (!(leaf instanceof Tensor)) throw new RunError(path, `it must be a tensor, not ${show(leaf)}; ${otherNet}`)
  if (leaf.isDisposed)
    throw new RunError(
      path,
      'the tensor is disposed; a run that train took must not be used again: use the run of the done event, or start a new one',
    )
}

const checkTree = (root: string, specs: unknown, tree: unknown, sample: Shape): void => {
  const given = new Map(flatten<Tensor>(tree).map(({ path, leaf }) => [path, leaf]))
  const expected = flatten<Spec>(specs)
  for (const { path, leaf } of expected) {
    const tensor = given.get(path)
    if (tensor === undefined)
      throw new RunError(`${root}.${path}`, `it is missing, but the net needs ${formatShape(leaf.shape)}; ${otherNet}`)
    checkAlive(`${root}.${path}`, tensor)
  }
  const names = new Set(expected.map(({ path }) => path))
  const extra = [...given.keys()].find((path) => !names.has(path))
  if (extra !== undefined) throw new RunError(`${root}.${extra}`, `the net has no such tensor; ${otherNet}`)
  for (const { path, leaf } of expected) {
    const { shape } = given.get(path)!
    if (!sameShape(shape, leaf.shape))
      throw new BatchError(
        `${root}.${path} is ${formatShape(shape)}, but on samples of shape ${formatShape(sample)} the net needs ${formatShape(leaf.shape)}; was it initialised for another input shape?`,
      )
  }
}

/**
 * Throws unless the tensors of a run are alive and those that the net has on samples of a shape.
 *
 * @param net the net of the run
 * @param run the run, before its next step
 * @param sample the shape of one sample
 * @returns the number of classes of the net
 * @throws ShapeError with the path of the layer that cannot take such samples
 * @throws RunError with the path of a tensor that is missing, disposed, or of another net
 * @throws BatchError if the parameters were made for samples of another shape, or the net does not end in logits
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { sgd } from '@resfn/optimisers'
 * import { key } from '@resfn/random'
 * import { checkRun, startRun } from '@resfn/step'
 *
 * const net = dense({ out: 2 })
 * const run = startRun(net, { optimiser: sgd(), key: key(0), input: [3] })
 * assert.equal(checkRun(net, run, [3]), 2)
 * run.params.weight.dispose()
 * assert.throws(() => checkRun(net, run, [3]), /^RunError: params.weight: the tensor is disposed/)
 * ```
 */
export const checkRun = <P, S>(net: Layer<P, S>, run: Run<P, S>, sample: Shape): number => {
  checkRunForm(run)
  const plan = net.plan(sample)
  checkTree('params', plan.params, run.params, sample)
  checkTree('state', plan.state, run.state, sample)
  if (run.average !== undefined) {
    checkTree('average.params', plan.params, run.average.params, sample)
    checkTree('average.state', plan.state, run.average.state, sample)
  }
  for (const { path, leaf } of flatten<unknown>(run.optimiser)) checkAlive(`optimiser.${path}`, leaf)
  const [classes] = plan.output
  if (plan.output.length !== 1 || classes === undefined)
    throw new BatchError(
      `the net gives ${formatShape(plan.output)} for a sample, but a classifier must give [classes]; end it in a pool and a dense layer`,
    )
  return classes
}
