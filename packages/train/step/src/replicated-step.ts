import { type Tensor, tidy } from '@tensorflow/tfjs-core'
import { type Batch, type Share, sharesOf } from '@resfn/batches'
import { globalNorm } from '@resfn/optimisers'
import { fold } from '@resfn/random'
import { advance, dispose } from '@resfn/tree'
import { correctOf, type FindStep, numberOf, numbersOf } from './find-step.ts'
import { type Exchange, type Replicas, shareOf } from './replicas.ts'
import type { Run } from './run.ts'
import { gradientsInParts, type Learned, type Learning, updateWith } from './step.ts'

/**
 * So many parts that every replica sends as many through the net, with an example in each: what they do together in a
 * pass, such as synchronised batch normalisation, then matches.
 */
const partsFor = (whole: number, size: number, microBatch: number): number => {
  const { most, fewest } = sharesOf(whole, size)
  return Math.min(Math.ceil(most / microBatch), Math.max(1, fewest))
}

/** The step of a replica: gradients of its share, the exchange, and the update that all make. */
export const replicatedStep = <P, S>(learning: Learning<P, S>, replicas: Replicas): FindStep<P, S> => {
  const { net, loss, microBatch = Infinity } = learning
  const { rank, size } = replicas
  const update = updateWith(learning)

  const differentiate = (run: Run<P, S>, batch: Batch, { examples, whole }: Share, exchange: Exchange) =>
    replicas.weighing(examples, () =>
      // Replicas draw other random choices from each other.
      gradientsInParts({ net, loss })(
        size === 1 ? run : { ...run, key: fold(fold(run.key, 'rank'), rank) },
        batch,
        partsFor(whole, size, microBatch),
        { onGradient: exchange.give },
      ),
    )

  return async (run, batch, { classes, signal }) => {
    const share = shareOf(batch, replicas)
    const { examples, whole } = share
    const exchange = replicas.exchange(examples / whole)
    const found = differentiate(run, batch, share, exchange)
    try {
      const [value, logits] = await Promise.all([numberOf(found.loss), numbersOf(found.logits)])
      const counted = examples === 0 ? [0, 0] : [value * examples, correctOf(logits, classes, batch.labels)]
      const stops = signal?.aborted === true ? 1 : 0
      const { sums, ...shared } = await exchange.end({
        gradients: found.gradients,
        seen: found.seen,
        sums: [...counted, stops],
      })
      const [total = Number.NaN, correct = Number.NaN, stopping = 0] = sums
      const { learned, norm } = advance<unknown>(shared, () => ({
        learned: update(run, shared.gradients, shared.seen),
        norm: tidy(() => globalNorm(shared.gradients)),
      })) as { readonly learned: Learned<P, S>; readonly norm: Tensor }
      const gradientNorm = await numberOf(norm).finally(() => norm.dispose())
      return { learned, loss: total / whole, gradientNorm, correct, examples: whole, isStopped: stopping > 0 }
    } finally {
      dispose(found)
    }
  }
}
