// The same small residual network in strict TypeScript: every tree is typed, down to the shape of the parameters'
// record.
import { relu } from '@resfn/activation'
import { type Objective, valueAndGradient } from '@resfn/autodiff'
import { batchNorm } from '@resfn/batch-norm'
import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import { identityAdd } from '@resfn/identity-add'
import { init, type ParamsOf, sequential, type StateOf } from '@resfn/layer'
import { globalAvgPool } from '@resfn/pool'
import { key, uniform } from '@resfn/random'
import { mapTo, zip } from '@resfn/tree'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'

await tf.setBackend('cpu')

const net = sequential({
  stem: sequential({ conv: conv2d({ out: 4, size: 3 }), bn: batchNorm() }),
  relu,
  block: identityAdd(conv2d({ out: 4, size: 3 })),
  pool: globalAvgPool,
  fc: dense({ out: 1 }),
})
type Params = ParamsOf<typeof net>
type State = StateOf<typeof net>

const x = tf.tensor4d(uniform(key(1), 8 * 4 * 4), [8, 4, 4, 1])
const target = tf.sum(x, [1, 2])

const objective = (params: Params): Objective<State> => {
  const { y, seen } = net.train(params, x, key(2))
  return { loss: tf.mean(tf.squaredDifference(y, target)), aux: seen }
}

const step = (params: Params): { readonly params: Params; readonly loss: number } => {
  const { loss, gradients } = valueAndGradient(objective)(params)
  const next = zip([params, gradients], ([p, g]: readonly tf.Tensor[]) => tf.sub(p!, tf.mul(g!, 0.002)))
  return { params: next, loss: loss.dataSync()[0]! }
}

const { params, state } = init(net, key(0), [4, 4, 1])
const weight: tf.Tensor = params.stem.conv.weight
const mean: tf.Tensor = state.stem.bn.mean
const ranks: unknown = mapTo(params, (leaf: tf.Tensor) => leaf.rank)

// @ts-expect-error the net has no part of this name: parameter trees are checked
export const missing: unknown = params.stem.convolution

const runs = Array.from({ length: 12 }).reduce<readonly { readonly params: Params; readonly loss: number }[]>(
  (done) => [...done, step(done.at(-1)?.params ?? params)],
  [],
)
console.log(JSON.stringify({ losses: runs.map(({ loss }) => loss), weight: weight.shape, mean: mean.shape, ranks }))
