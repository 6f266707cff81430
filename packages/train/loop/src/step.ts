import { tensor, tensor1d, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { valueAndGradient } from '@resfn/autodiff'
import { absorb, type Layer } from '@resfn/layer'
import type { Loss } from '@resfn/losses'
import { globalNorm, type Optimiser } from '@resfn/optimisers'
import { fold } from '@resfn/random'
import type { Schedule } from '@resfn/schedules'
import type { Examples } from './batch.ts'
import type { Run } from './run.ts'

/** How a net learns from one batch. */
export type Learning<P, S> = {
  readonly net: Layer<P, S>
  readonly loss: Loss
  readonly optimiser: Optimiser
  readonly schedule: Schedule
  /** how much of the running statistics stays at each step; 0.9 unless given (PyTorch's momentum 0.1) */
  readonly statisticsDecay?: number
}

/** The part of a run that one step changes. */
export type Learned<P, S> = Pick<Run<P, S>, 'params' | 'state' | 'optimiser' | 'step'>

/** What a step gives: what was learned, and three tensors about the batch (before the update). */
export type Stepped<P, S> = {
  readonly learned: Learned<P, S>
  /** scalar */
  readonly loss: Tensor
  /** `[batch, classes]` */
  readonly logits: Tensor
  /** scalar: the norm of all gradients together */
  readonly gradientNorm: Tensor
}

/**
 * One step of training as a pure function: the gradient of the loss of `net.train`, the optimiser's update at the rate of the schedule, and
 * running statistics that absorb what the batch showed. Chance comes from the run's key folded with the step.
 *
 * @param learning net, loss, optimiser, schedule
 * @returns a function of a run and a batch of examples; the caller owns all tensors of its result, and still those of the run
 * @throws UnconnectedError if the loss does not depend on a parameter
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { sequential } from '@resfn/layer'
 * import { startRun, takeStep } from '@resfn/loop'
 * import { crossEntropy } from '@resfn/losses'
 * import { sgd } from '@resfn/optimisers'
 * import { key } from '@resfn/random'
 * import { constantRate } from '@resfn/schedules'
 *
 * const net = sequential({ fc: dense({ out: 2 }) })
 * const run = startRun(net, { optimiser: sgd(), key: key(0), input: [3] })
 * const step = takeStep({ net, loss: crossEntropy(), optimiser: sgd(), schedule: constantRate(0.1) })
 * const { learned } = step(run, { images: new Float32Array([1, 2, 3]), shape: [1, 3], labels: new Int32Array([1]) })
 * assert.equal(learned.step, 1)
 * ```
 */
export const takeStep = <P, S>({
  net,
  loss,
  optimiser,
  schedule,
  statisticsDecay = 0.9,
}: Learning<P, S>): ((run: Run<P, S>, examples: Examples) => Stepped<P, S>) => {
  const absorbSeen = absorb(statisticsDecay)
  return (run, { images, shape, labels }) => {
    const { params, state, step } = run
    const stepped = tidy(() => {
      const [x, y] = [tensor(images, [...shape], 'float32'), tensor1d(labels, 'int32')]
      const key = fold(fold(run.key, 'step'), step)
      const {
        loss: value,
        gradients,
        aux,
      } = valueAndGradient((variables: P) => {
        const { y: logits, seen } = net.train(variables, x, key)
        return { loss: loss(logits, y), aux: { logits, seen } }
      })(params)
      const updated = optimiser.update(gradients, run.optimiser, params, { step, learningRate: schedule(step) })
      return {
        learned: {
          params: updated.params,
          state: absorbSeen(state, aux.seen),
          optimiser: updated.state,
          step: step + 1,
        },
        loss: value,
        logits: aux.logits,
        gradientNorm: globalNorm(gradients),
      } as never
    })
    return stepped as Stepped<P, S>
  }
}
