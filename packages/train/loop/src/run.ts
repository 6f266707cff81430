import type { Layer, Shape } from '@resfn/layer'
import { init } from '@resfn/layer'
import { noScore, type Score } from '@resfn/losses'
import type { Optimiser, OptimiserState } from '@resfn/optimisers'
import { fold, type Key } from '@resfn/random'

/** A place in the pass over the data: batch `batch` of epoch `epoch`, both from 0. */
export type Cursor = { readonly epoch: number; readonly batch: number }

/** What one epoch came to: means over its examples, in training and (where there was one) in the evaluation after it. */
export type EpochRecord = {
  readonly epoch: number
  /** steps done at its end */
  readonly step: number
  /** of its last step */
  readonly learningRate: number
  readonly training: { readonly loss: number; readonly accuracy: number }
  readonly evaluation?: { readonly loss: number; readonly accuracy: number }
}

/**
 * A training run as data: everything that the next step depends on. A run that is written to a checkpoint and read again goes on to exactly
 * the same parameters.
 */
export type Run<P, S> = {
  readonly params: P
  readonly state: S
  readonly optimiser: OptimiserState
  /** all chance in the steps (dropout, stochastic depth) comes from it */
  readonly key: Key
  /** the next batch */
  readonly cursor: Cursor
  /** updates done */
  readonly step: number
  /** of the epoch that is under way */
  readonly score: Score
  /** the epochs that are over */
  readonly history: readonly EpochRecord[]
}

/**
 * A run before its first step: parameters and state drawn from the key, an optimiser that remembers nothing yet.
 *
 * @param net the net
 * @param options `optimiser`, the random `key`, and the shape of one `input` sample
 * @returns the run, whose tensors the caller owns until `train` takes it
 * @throws ShapeError with the path of the layer that cannot take its input
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { sequential } from '@resfn/layer'
 * import { startRun } from '@resfn/loop'
 * import { sgd } from '@resfn/optimisers'
 * import { key } from '@resfn/random'
 *
 * const run = startRun(sequential({ fc: dense({ out: 2 }) }), { optimiser: sgd({ momentum: 0.9 }), key: key(0), input: [4] })
 * assert.deepEqual([run.step, run.cursor], [0, { epoch: 0, batch: 0 }])
 * ```
 */
export const startRun = <P, S>(
  net: Layer<P, S>,
  { optimiser, key, input }: { readonly optimiser: Optimiser; readonly key: Key; readonly input: Shape },
): Run<P, S> => {
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
