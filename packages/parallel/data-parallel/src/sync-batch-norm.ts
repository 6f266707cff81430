import {
  add,
  batchNorm as tfBatchNorm,
  customGrad,
  type GradSaveFunc,
  mul,
  rsqrt,
  sub,
  tensor1d,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
} from '@tensorflow/tfjs-core'
import {
  batchNorm,
  batchNormGradient,
  type BatchNormOptions,
  batchNormOptionsOf,
  type BatchNormParams,
  type BatchNormState,
  trainBatchNorm,
} from '@resfn/batch-norm'
import { type AnyLayer, editLayers, formatShape, InputError, type Layer, type Plan, type Trained } from '@resfn/layer'
import type { RankReplicas } from './replicas-of.ts'

/** Mean and biased variance of the values of each channel, and how many values a channel has. */
type Moments = { readonly count: number; readonly mean: Float32Array; readonly variance: Float32Array }

/**
 * The moments of all ranks together, in the order of the ranks and in double precision: with counts n, `mean = sum(n_r
 * mean_r) / n` and `n variance = sum(n_r (variance_r + (mean_r - mean)^2))`. Each rank has a place of its own in the
 * sum, which so is a gather.
 */
const merged = ({ rank, size, sumNow }: RankReplicas, { count, mean, variance }: Moments): Moments => {
  const channels = mean.length
  const length = 1 + 2 * channels
  const places = new Float32Array(size * length)
  // What does not count is left out, also where it is not finite.
  if (count > 0) {
    places[rank * length] = count
    places.set(mean, rank * length + 1)
    places.set(variance, rank * length + 1 + channels)
  }
  const all = sumNow(places)
  const parts = Array.from({ length: size }, (_, of) => {
    const [n = 0, ...rest] = all.subarray(of * length, (of + 1) * length)
    return { n, means: rest.slice(0, channels), variances: rest.slice(channels) }
  }).filter(({ n }) => n > 0)
  const total = parts.reduce((sum, { n }) => sum + n, 0)
  const means = Array.from(
    { length: channels },
    (_, c) => parts.reduce((sum, { n, means: m }) => sum + n * m[c]!, 0) / total,
  )
  const variances = means.map(
    (centre, c) =>
      parts.reduce((sum, { n, means: m, variances: v }) => sum + n * (v[c]! + (m[c]! - centre) ** 2), 0) / total,
  )
  return { count: total, mean: Float32Array.from(means), variance: Float32Array.from(variances) }
}

/**
 * The gradient of x from that of y, where mean and variance are those of all ranks. A rank's loss is the mean over its
 * own examples, so what it gets from rank s counts by the values of that rank: with S = sum over ranks of n_s (sum dy,
 * sum dy xhat) / n, `dx = weight r (dy - (S1 + xhat S2) / n_r)`. The local form has its own sums in the place of S, and
 * an affine function of xhat puts that right.
 */
const gradientOf = (
  replicas: RankReplicas,
  { dy, x, weight, mean, variance }: { readonly [name in 'dy' | 'x' | 'weight' | 'mean' | 'variance']: Tensor },
  { epsilon, count, total }: { readonly epsilon: number; readonly count: number; readonly total: number },
): readonly [dx: Tensor, dweight: Tensor, dbias: Tensor] => {
  const [local, dweight, dbias] = batchNormGradient({ dy, x, weight, mean, variance }, { epsilon })
  const channels = weight.size
  const own = new Float32Array(2 * channels)
  if (count > 0) {
    const share = count / total
    ;[dweight, dbias].forEach((tensor, i) =>
      tensor.dataSync<'float32'>().forEach((value, c) => (own[i * channels + c] = share * value)),
    )
  }
  const all = replicas.sumNow(own)
  const rest = (sums: Tensor, i: number): Tensor => sub(sums, tensor1d(all.slice(i * channels, (i + 1) * channels)))
  const factor = mul(mul(weight, rsqrt(add(variance, epsilon))), 1 / Math.max(1, count))
  const [scale, offset] = [mul(factor, rest(dweight, 0)), mul(factor, rest(dbias, 1))] as [Tensor1D, Tensor1D]
  const put = tfBatchNorm(x as Tensor4D, mean as Tensor1D, variance as Tensor1D, offset, scale, epsilon)
  return [add(local, put), dweight, dbias]
}

const train = (
  replicas: RankReplicas,
  params: BatchNormParams,
  x: Tensor,
  { epsilon = 1e-5, runningVariance = 'unbiased' }: BatchNormOptions,
): Trained<BatchNormState> => {
  let whole: Moments | undefined
  const normalised = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [at, weight, bias, save] = args as [Tensor4D, Tensor1D, Tensor1D, GradSaveFunc]
    // One pass of the kernel that training on one rank takes, for its moments alone.
    const { seen } = trainBatchNorm({ weight, bias }, at, { epsilon, runningVariance: 'biased' })
    const count = replicas.weight() > 0 ? at.size / weight.size : 0
    whole = merged(replicas, {
      count,
      mean: seen.mean.dataSync<'float32'>(),
      variance: seen.variance.dataSync<'float32'>(),
    })
    const { count: total } = whole
    const [mean, variance] = [tensor1d(whole.mean), tensor1d(whole.variance)]
    save([at, weight, mean, variance])
    return {
      value: tfBatchNorm(at, mean, variance, bias, weight, epsilon),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [input, scale, centre, spread] = saved as [Tensor, Tensor, Tensor, Tensor]
        const given = { dy, x: input, weight: scale, mean: centre, variance: spread }
        return [...gradientOf(replicas, given, { epsilon, count, total })]
      },
    }
  })
  const y = normalised(x, params.weight, params.bias)
  const { count, mean, variance } = whole!
  if (runningVariance === 'unbiased' && count < 2)
    throw new InputError(
      '',
      `syncBatchNorm: training needs more than one value a channel on all ranks together, but a batch is ${formatShape(x.shape)}; use a larger batch`,
    )
  return {
    y,
    seen: {
      mean: tensor1d(mean),
      variance: mul(tensor1d(variance), runningVariance === 'biased' ? 1 : count / (count - 1)),
    },
  }
}

/**
 * Batch normalisation by the statistics of all ranks, as a layer: in training `y = weight (x - m) / sqrt(v + epsilon) +
 * bias` with the mean m and the biased variance v of the whole batch, wherever its examples are. Parameters, state and
 * evaluation are those of `batchNorm`, so checkpoints fit both. It reads numbers back in the middle of a pass, which
 * the backends cpu, wasm and native can.
 *
 * @param replicas see `replicasOf`
 * @param options those of `batchNorm`
 * @throws OptionsError if an option is unknown or outside its range
 * @throws RanksError, in a pass, where the ranks could not work together
 * @throws InputError, in training, if all ranks together have a single value a channel
 * @see PyTorch, `torch.nn.SyncBatchNorm`
 * @see Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import * as tf from '@tensorflow/tfjs-core'
 * import { single } from '@resfn/collective'
 * import { replicasOf, syncBatchNorm } from '@resfn/data-parallel'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 *
 * const norm = syncBatchNorm(replicasOf(single()))
 * const { y } = norm.train(init(norm, key(0), [2]).params, tf.tensor2d([[1, 2], [3, 4]]), key(1))
 * assert.ok(Math.abs(y.dataSync()[0]! + 0.999995) < 1e-6)
 * ```
 */
export const syncBatchNorm = (
  replicas: RankReplicas,
  options: BatchNormOptions = {},
): Layer<BatchNormParams, BatchNormState> => {
  const alone = batchNorm(options)
  return {
    plan: (input) => ({ ...alone.plan(input), kind: 'syncBatchNorm' }),
    apply: alone.apply,
    train: (params, x) => train(replicas, params, x, options),
  }
}

/** Throws where a batch normalisation is left that only knows its own rank. */
const checkAll = <P, S>(plan: Plan<P, S>, path: string): Plan<P, S> => {
  if (/\bbatchNorm\b/.test(plan.kind))
    throw new InputError(
      path,
      'this batch normalisation cannot be synchronised, because it stands alone in what is around it; make the net with syncBatchNorm as its norm',
    )
  for (const part of plan.parts) checkAll(part.plan, path === '' ? part.name : `${path}.${part.name}`)
  return plan
}

/**
 * A net with `syncBatchNorm` in the place of each of its batch normalisations. Its trees are those of the net.
 *
 * @param net any layer made of combinators
 * @param replicas see `replicasOf`
 * @returns the net, whose trees are known at run time only
 * @throws InputError, from `plan`, with the path of a batch normalisation that could not be replaced
 * @see PyTorch, `torch.nn.SyncBatchNorm.convert_sync_batchnorm`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resnet } from '@resfn/archs/resnet'
 * import { single } from '@resfn/collective'
 * import { replicasOf, withSyncBatchNorm } from '@resfn/data-parallel'
 * import { summary } from '@resfn/layer'
 *
 * const net = withSyncBatchNorm(resnet({ depth: 18, classes: 10 }), replicasOf(single()))
 * const kinds = summary(net, [64, 64, 3]).rows.map(({ kind }) => kind)
 * assert.equal(kinds.filter((kind) => kind === 'syncBatchNorm').length, 20)
 * assert.ok(!kinds.includes('batchNorm'))
 * ```
 */
export const withSyncBatchNorm = (net: AnyLayer, replicas: RankReplicas): Layer<unknown, unknown> => {
  const synchronised = editLayers(net, (layer) => {
    const options = batchNormOptionsOf(layer)
    return options === undefined ? layer : syncBatchNorm(replicas, options)
  })
  return { ...synchronised, plan: (input) => checkAll(synchronised.plan(input), '') }
}
