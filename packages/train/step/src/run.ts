import type { Cursor } from '@resfn/batches'
import { init, type Layer, type Shape, type Variables } from '@resfn/layer'
import { noScore, type Score } from '@resfn/losses'
import type { Optimiser, OptimiserState } from '@resfn/optimisers'
import { checkOptions } from '@resfn/options'
import { fold, type Key } from '@resfn/random'
import { learningRules, startRules } from './rules.ts'

/** The results of one epoch: means over its examples, in training and in the evaluation after it, if there was one. */
export type EpochRecord = {
  readonly epoch: number
  /** Steps done at its end. */
  readonly step: number
  /** The learning rate of its last step. */
  readonly learningRate: number
  readonly training: { readonly loss: number; readonly accuracy: number }
  readonly evaluation?: { readonly loss: number; readonly accuracy: number }
}

/**
 * A training run as data: everything that the next step depends on. A run that is written to a checkpoint and read
 * again continues to exactly the same parameters.
 */
export type Run<P, S> = {
  readonly params: P
  readonly state: S
  readonly optimiser: OptimiserState
  /** The source of all random choices in the steps (dropout, stochastic depth). */
  readonly key: Key
  /** The next batch. */
  readonly cursor: Cursor
  /** Updates done. */
  readonly step: number
  /** The score of the current epoch so far. */
  readonly score: Score
  /** The finished epochs. */
  readonly history: readonly EpochRecord[]
  /** The moving average of parameters and state, from the first step on, where the net learns with one. */
  readonly average?: Variables<P, S> | undefined
}

/**
 * The parameters and the state to evaluate a run with: their moving average where there is one, else those that learn.
 *
 * @param run a run; none of its tensors is copied
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { sgd } from '@resfn/optimisers'
 * import { key } from '@resfn/random'
 * import { startRun, weightsOf } from '@resfn/step'
 *
 * const run = startRun(dense({ out: 2 }), { optimiser: sgd(), key: key(0), input: [3] })
 * assert.equal(weightsOf(run).params, run.params)
 * ```
 */
export const weightsOf = <P, S>({
  params,
  state,
  average,
}: Pick<Run<P, S>, 'params' | 'state' | 'average'>): Variables<P, S> => average ?? { params, state }

/** What a run starts with: its optimiser, its key, and the shape of one sample. */
export type StartOptions = { readonly optimiser: Optimiser; readonly key: Key; readonly input: Shape }

/**
 * A run before its first step: parameters and state drawn from the key, and the optimiser's first state.
 *
 * @param net the net
 * @param options `optimiser`, the random `key`, and the shape of one `input` sample
 * @returns the run, whose tensors the caller owns until `train` takes it
 * @throws OptionsError if the net is not a layer, or an option is unknown or of a wrong form
 * @throws ShapeError with the path of the layer that cannot take its input
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { sequential } from '@resfn/layer'
 * import { sgd } from '@resfn/optimisers'
 * import { key } from '@resfn/random'
 * import { startRun } from '@resfn/step'
 *
 * const run = startRun(sequential({ fc: dense({ out: 2 }) }), { optimiser: sgd({ momentum: 0.9 }), key: key(0), input: [4] })
 * assert.deepEqual([run.step, run.cursor], [0, { epoch: 0, batch: 0 }])
 * ```
 */
export const startRun = <P, S>(net: Layer<P, S>, options: StartOptions): Run<P, S> => {
  checkOptions('startRun', { net }, { net: learningRules.net })
  checkOptions('startRun', options, startRules)
  const { optimiser, key, input } = options
  const { params, state } = init(net, fold(key, 'init'), input)
  return {
    params,
    state,
    optimiser: optimiser.init(params),
    key,
    cursor: { epoch: 0, batch: 0 },
    step: 0,
    score: noScore,
    history: [],
  }
}
