import { tidy, zeros } from '@tensorflow/tfjs-core'
import type { BatchSizes, Examples } from '@resfn/batches'
import type { Layer, Shape } from '@resfn/layer'
import { checkOptions, func, optional, OptionsError, type Rule, show, wholeNumberFrom } from '@resfn/options'
import { BatchError, checkClasses, checkExamples, checkRun, learningRules, type Run } from '@resfn/step'
import type { Training } from './train.ts'

const signal: Rule = {
  must: 'an AbortSignal, or another record with aborted: true or false',
  holds: (value) =>
    typeof value === 'object' && value !== null && typeof (value as { aborted?: unknown }).aborted === 'boolean',
}

/** Throws unless the options of `train` have the right names and forms. */
export const checkTraining = <P, S>(training: Training<P, S>): void => {
  checkOptions('train', training, {
    ...learningRules,
    batches: func,
    epochs: wholeNumberFrom(0),
    evaluation: optional(func),
    checkpointSteps: optional(wholeNumberFrom(1)),
    patience: optional(wholeNumberFrom(1)),
    prepare: optional(func),
    signal: optional(signal),
  })
  if (training.patience !== undefined && training.evaluation === undefined)
    throw new OptionsError('train: patience needs an evaluation, whose result it waits for; give one')
}

type Pass = AsyncIterator<unknown> | Iterator<unknown>

/** The iterator of what `batches` or `evaluation` gave; throws where it has none. */
export const iteratorOf = (name: string, given: unknown): Pass => {
  const iterable = Object(given) as {
    readonly [Symbol.asyncIterator]?: () => Pass
    readonly [Symbol.iterator]?: () => Pass
  }
  const pass = iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]?.()
  if (pass === undefined || typeof given === 'string')
    throw new OptionsError(
      `train: ${name} must be a function that gives an iterable of batches, but it gave ${show(given)}`,
    )
  return pass
}

/**
 * Throws if an epoch ends in a batch of one example and the net cannot train on it, as batch normalisation on one value
 * a channel cannot. It runs the training pass of the net on such a batch. `train` does this before its first step; call
 * it where a run is prepared.
 *
 * @param net the net
 * @param run a run of the net
 * @param sample the shape of one sample
 * @param sizes those of the training batches
 * @throws BatchError with the sizes, the path of the layer, and what to do
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { batchNorm } from '@resfn/batch-norm'
 * import { checkLastBatch } from '@resfn/loop'
 * import { sgd } from '@resfn/optimisers'
 * import { key } from '@resfn/random'
 * import { startRun } from '@resfn/step'
 *
 * const net = batchNorm()
 * const run = startRun(net, { optimiser: sgd(), key: key(0), input: [3] })
 * assert.throws(() => checkLastBatch(net, run, [3], { examples: 11, full: 5, last: 1 }), /leave a last batch of 1/)
 * checkLastBatch(net, run, [3], { examples: 12, full: 5, last: 2 })
 * ```
 */
export const checkLastBatch = <P, S>(
  net: Layer<P, S>,
  { params, key }: Pick<Run<P, S>, 'params' | 'key'>,
  sample: Shape,
  { examples, full, last }: BatchSizes,
): void => {
  // Statistics of a batch need two values. Larger batches are not tried, because a pass takes time.
  if (last !== 1 || full === 1) return
  try {
    tidy(() => void net.train(params, zeros([last, ...sample]), key))
  } catch (error) {
    throw new BatchError(
      `${examples} examples in batches of ${full} leave a last batch of ${last}, and the net cannot train on it (${error instanceof Error ? error.message : String(error)}); ` +
        "take another batch size, or leave the last batch out (last: 'drop' of @resfn/batches)",
      { cause: error },
    )
  }
}

/** Reads one batch of an evaluation pass and throws unless it fits the net. */
const checkEvaluation = async <P, S>(
  { net, evaluation, replicas }: Training<P, S>,
  run: Run<P, S>,
): Promise<Examples | undefined> => {
  if (evaluation === undefined) return undefined
  const pass = iteratorOf('evaluation', evaluation())
  try {
    const first = await pass.next()
    if (first.done === true) {
      // Others may have some.
      if (replicas !== undefined && replicas.size > 1) return undefined
      throw new BatchError('there was no batch; is the set empty?')
    }
    const examples = first.value as Examples
    checkExamples(examples)
    checkClasses(examples.labels, checkRun(net, run, examples.shape.slice(1)))
    return examples
  } catch (error) {
    if (error instanceof BatchError) throw new BatchError(`evaluation: ${error.message}`, { cause: error })
    throw error
  } finally {
    await pass.return?.()
  }
}

/**
 * Everything that can be found before the first step of a run: its tensors, its first batch, the last batch of an
 * epoch, the evaluation.
 *
 * @returns the first batch of the evaluation, where there is one
 */
export const checkStart = async <P, S>(
  training: Training<P, S>,
  run: Run<P, S>,
  batch: Examples,
  sizes: BatchSizes | undefined,
): Promise<Examples | undefined> => {
  checkExamples(batch)
  const sample = batch.shape.slice(1)
  checkRun(training.net, run, sample)
  if (sizes !== undefined) checkLastBatch(training.net, run, sample, sizes)
  return checkEvaluation(training, run)
}
