import { followedBy, init, lift, repeat } from '@resfn/layer'
import { valueAndGradient } from '@resfn/autodiff'
import { key } from '@resfn/random'
import { residualBranch } from '@resfn/residual-block'
import { useBackend } from '@resfn/runtime'
import { shortcuts } from '@resfn/shortcuts'
import * as tf from '@tensorflow/tfjs-core'

await useBackend('auto')
const [blocks, input] = [15, [8, 8, 8]]

// How large is the gradient that reaches the first layer, beside the one that the last layer gets?
for (const [name, unit] of Object.entries(shortcuts)) {
  const net = repeat(Array.from({ length: blocks }, () => followedBy(unit(residualBranch({ out: 8 })), lift(tf.relu))))
  const { params } = init(net, key(0), input)
  const x = tf.randomNormal([16, ...input], 0, 1, 'float32', 0)
  const { gradients } = valueAndGradient((at) => ({
    loss: tf.mean(tf.square(net.train(at.params, at.x, key(1)).y)),
    aux: {},
  }))({
    params,
    x,
  })
  const size = (tensor) => tf.norm(tensor).dataSync()[0]
  const [first, last] = [gradients.params[0], gradients.params[blocks - 1]].map(({ conv1 }) => size(conv1.weight))
  console.log(name.padEnd(30), (first / last).toPrecision(3))
}
