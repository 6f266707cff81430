import { add, concat, mul, tensor, tensor1d, tensor2d, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { type ReversePass, valueAndGradient } from '@resfn/autodiff'
import type { Examples } from '@resfn/batches'
import { absorb, type Layer } from '@resfn/layer'
import type { Loss } from '@resfn/losses'
import { globalNorm, type Optimiser } from '@resfn/optimisers'
import { fold, type Key } from '@resfn/random'
import type { Schedule } from '@resfn/schedules'
import { advance, map, zip } from '@resfn/tree'
import { checkClasses, checkExamples, checkTargets } from './check.ts'
import { partsOf } from './parts.ts'
import type { Replicas } from './replicas.ts'
import { type Run, weightsOf } from './run.ts'

/** How a net learns from one batch. */
export type Learning<P, S> = {
  readonly net: Layer<P, S>
  readonly loss: Loss
  readonly optimiser: Optimiser
  readonly schedule: Schedule
  /** How much of the running statistics stays at each step; by default 0.9, which is PyTorch's momentum of 0.1. */
  readonly statisticsDecay?: number
  /**
   * How much of the moving average of parameters and state stays at each step, such as 0.9999; by default there is no
   * average.
   */
  readonly averageDecay?: number
  /**
   * Examples that go through the net at once, by default the whole batch: a larger batch is done in parts, as even as
   * they can be, whose gradients and statistics are averaged, which takes the memory of one part.
   */
  readonly microBatch?: number
  /** Those that learn from the other shares of each batch; by default there are none. For `checkedStep` and `train`. */
  readonly replicas?: Replicas
}

/** What one batch gives: the gradients of the parameters, what the net saw, and two tensors about the batch. */
export type Gradients<P, S> = {
  readonly gradients: P
  /** The statistics of the batch, for the running statistics. */
  readonly seen: S
  /** scalar */
  readonly loss: Tensor
  /** `[batch, classes]` */
  readonly logits: Tensor
}

/** The part of a run that one step changes. */
export type Learned<P, S> = Pick<Run<P, S>, 'params' | 'state' | 'optimiser' | 'step' | 'average'>

/** What a step gives: the changed part of the run, and three tensors about the batch (before the update). */
export type Stepped<P, S> = {
  readonly learned: Learned<P, S>
  /** scalar */
  readonly loss: Tensor
  /** `[batch, classes]` */
  readonly logits: Tensor
  /** scalar: the norm of all gradients together */
  readonly gradientNorm: Tensor
}

/** `tidy` for results that its types do not cover: trees of tensors with plain numbers in them. */
const tidied = <A>(make: () => A): A => tidy(make as () => never)

/**
 * The first half of a step: the gradient of the loss of `net.train` at the parameters of a run. Random choices
 * (dropout, stochastic depth) come from the run's key folded with the step.
 *
 * With `microBatch`, the batch goes through the net in parts, and gradients, statistics and loss are the means over the
 * examples of all parts. They are those of the whole batch where the net has no batch statistics, and the loss is a
 * mean over examples (with class weights it is one over the weights of each part).
 *
 * @param learning the net, the loss and the examples at once
 * @returns a function of a run and a batch of examples; the caller owns all tensors of its result
 * @throws BatchError if images, shape, labels and targets do not fit each other, or a label is not a class
 * @throws UnconnectedError if the loss does not depend on a parameter
 * @see Goyal et al., "Accurate, large minibatch SGD" (2017), section 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { crossEntropy } from '@resfn/losses'
 * import { sgd } from '@resfn/optimisers'
 * import { key } from '@resfn/random'
 * import { gradientsOf, startRun } from '@resfn/step'
 *
 * const net = dense({ out: 2 })
 * const run = startRun(net, { optimiser: sgd(), key: key(0), input: [3] })
 * const { gradients } = gradientsOf({ net, loss: crossEntropy() })(run, { images: new Float32Array(3), shape: [1, 3], labels: new Int32Array([1]) })
 * const [first, second] = gradients.bias!.dataSync()
 * assert.ok(first! > 0 && second! < 0) // more of class 1, less of class 0
 * ```
 */
export const gradientsOf = <P, S>({
  net,
  loss,
  microBatch = Infinity,
}: Pick<Learning<P, S>, 'net' | 'loss' | 'microBatch'>): ((
  run: Pick<Run<P, S>, 'params' | 'key' | 'step'>,
  examples: Examples,
) => Gradients<P, S>) => {
  const inParts = gradientsInParts({ net, loss })
  return (run, examples) => {
    checkExamples(examples)
    return inParts(run, examples, Math.ceil(examples.labels.length / microBatch))
  }
}

/** The same in so many parts; a pass is heard of where there is one part. */
export const gradientsInParts =
  <P, S>({
    net,
    loss,
  }: Pick<Learning<P, S>, 'net' | 'loss'>): ((
    run: Pick<Run<P, S>, 'params' | 'key' | 'step'>,
    examples: Examples,
    parts: number,
    pass?: ReversePass,
  ) => Gradients<P, S>) =>
  (run, examples, parts, pass) =>
    tidied(() => {
      const key = fold(fold(run.key, 'step'), run.step)
      const count = examples.labels.length
      if (parts <= 1) return differentiate({ net, loss }, run.params, key, examples, pass)
      const weighed = (part: Examples, index: number): Gradients<P, S> =>
        tidied(() => {
          const { logits, ...found } = differentiate({ net, loss }, run.params, fold(key, index), part)
          return { logits, ...map(found, (leaf: Tensor) => mul(leaf, part.labels.length / count)) }
        })
      const [first, ...others] = partsOf(examples, parts)
      return others.reduce(
        (sum, part, i) =>
          advance(sum, ({ logits: before, ...kept }) => {
            const { logits, ...more } = weighed(part, i + 1)
            return {
              logits: concat([before, logits]),
              ...zip([kept, more], ([a, b]: readonly Tensor[]) => add(a!, b!)),
            }
          }),
        weighed(first!, 0),
      )
    })

/** Gradients, statistics, loss and logits of examples that go through the net at once. */
const differentiate = <P, S>(
  { net, loss }: Pick<Learning<P, S>, 'net' | 'loss'>,
  params: P,
  key: Key,
  { images, shape, labels, targets }: Examples,
  pass?: ReversePass,
): Gradients<P, S> => {
  const x = tensor(images, [...shape], 'float32')
  const {
    aux,
    gradients,
    loss: value,
  } = valueAndGradient((at: P) => {
    const { y: logits, seen } = net.train(at, x, key)
    const classes = logits.shape.at(-1) ?? 0
    checkClasses(labels, classes)
    checkTargets(labels, targets, classes)
    const y = targets === undefined ? tensor1d(labels, 'int32') : tensor2d(targets, [labels.length, classes])
    return { loss: loss(logits, y, x), aux: { logits, seen } }
  }, pass)(params)
  return { gradients, seen: aux.seen, loss: value, logits: aux.logits }
}

/**
 * The second half of a step: the update of the optimiser at the rate of the schedule, and running statistics that
 * absorb what the net saw. Replicas of a run stay equal if they average gradients and `seen` before this half.
 *
 * With `averageDecay` the run also has a moving average of the parameters and of the running statistics: `average' =
 * decay * average + (1 - decay) * (params', state')`, from those before the first step on. `weightsOf` gives what to
 * evaluate.
 *
 * @param learning the optimiser, the schedule, the decay of the running statistics and that of the average
 * @returns a function of a run, gradients and `seen`; the caller owns all tensors of its result, and still those of the
 * arguments
 * @throws RangeError if statisticsDecay or averageDecay is not from 0 to 1
 * @see timm, `ModelEmaV2`; Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { sgd } from '@resfn/optimisers'
 * import { key } from '@resfn/random'
 * import { constantRate } from '@resfn/schedules'
 * import { startRun, updateWith } from '@resfn/step'
 *
 * const run = startRun(dense({ out: 2 }), { optimiser: sgd(), key: key(0), input: [3] })
 * const { params, step } = updateWith({ optimiser: sgd(), schedule: constantRate(1) })(run, run.params, {})
 * assert.equal(step, 1)
 * assert.ok(params.weight.dataSync().every((weight) => weight === 0))
 * ```
 */
export const updateWith = ({
  optimiser,
  schedule,
  statisticsDecay = 0.9,
  averageDecay,
}: Pick<Learning<unknown, unknown>, 'optimiser' | 'schedule' | 'statisticsDecay' | 'averageDecay'>): (<P, S>(
  run: Learned<P, S>,
  gradients: P,
  seen: S,
) => Learned<P, S>) => {
  const absorbSeen = absorb(statisticsDecay)
  const towards = averageDecay === undefined ? undefined : absorb(averageDecay)
  return (run, gradients, seen) =>
    tidied(() => {
      const { state, optimiser: memory, step } = run
      const at = { step, learningRate: schedule(step) }
      const updated = optimiser.update(gradients, memory, run.params, at)
      const next = { params: updated.params, state: absorbSeen(state, seen) }
      return { ...next, optimiser: updated.state, step: step + 1, average: towards?.(weightsOf(run), next) }
    })
}

/**
 * One step of training as a pure function: `gradientsOf`, then `updateWith`.
 *
 * @param learning net, loss, optimiser, schedule
 * @returns a function of a run and a batch of examples; the caller owns all tensors of its result, and still those of
 * the run
 * @throws BatchError if images, shape and labels do not fit each other, or a label is not a class
 * @throws UnconnectedError if the loss does not depend on a parameter
 * @throws RangeError if statisticsDecay is not from 0 to 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { crossEntropy } from '@resfn/losses'
 * import { sgd } from '@resfn/optimisers'
 * import { key } from '@resfn/random'
 * import { constantRate } from '@resfn/schedules'
 * import { startRun, takeStep } from '@resfn/step'
 *
 * const net = dense({ out: 2 })
 * const run = startRun(net, { optimiser: sgd(), key: key(0), input: [3] })
 * const step = takeStep({ net, loss: crossEntropy(), optimiser: sgd(), schedule: constantRate(0.1) })
 * const { learned } = step(run, { images: new Float32Array([1, 2, 3]), shape: [1, 3], labels: new Int32Array([1]) })
 * assert.equal(learned.step, 1)
 * ```
 */
export const takeStep = <P, S>(learning: Learning<P, S>): ((run: Run<P, S>, examples: Examples) => Stepped<P, S>) => {
  const differentiate = gradientsOf(learning)
  const update = updateWith(learning)
  return (run, examples) =>
    tidied(() => {
      const { gradients, logits, loss, seen } = differentiate(run, examples)
      return { learned: update(run, gradients, seen), loss, logits, gradientNorm: globalNorm(gradients) }
    })
}
