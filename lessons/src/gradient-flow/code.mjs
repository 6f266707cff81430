import { relu } from '@resfn/activation'
import { valueAndGradient } from '@resfn/autodiff'
import { batchNorm } from '@resfn/batch-norm'
import { dense } from '@resfn/dense'
import { identityAdd } from '@resfn/identity-add'
import { followedBy, init, kaimingNormal, repeat, sequential } from '@resfn/layer'
import { key, normal } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import * as tf from '@tensorflow/tfjs-core'

await useBackend('auto')
const fc = () => dense({ out: 64, bias: false, initial: { weight: kaimingNormal('in') } })
const blocks = {
  plain: () => followedBy(sequential({ fc: fc(), bn: batchNorm() }), relu),
  preActivation: () => identityAdd(sequential({ bn: batchNorm(), act: relu, fc: fc() })),
}
const batch = (seed) => tf.tensor(normal(key(seed), 128 * 64), [128, 64])

for (const [name, block] of Object.entries(blocks))
  for (const depth of [10, 30, 100]) {
    const net = repeat(Array.from({ length: depth }, block))
    const { params } = init(net, key(0), [64])
    const [x, dy] = [batch(1), batch(2)]
    // The gradient of sum(dy * y) by x is that by y, dy, brought back to the input.
    const gradient = valueAndGradient((at) => ({
      loss: tf.sum(tf.mul(dy, net.train(params, at.x, key(3)).y)),
      aux: {},
    }))
    const { gradients } = gradient({ x })
    const ratio = tf.div(tf.norm(gradients.x), tf.norm(dy))
    console.log(name, depth, 'blocks: gradient at the input over that at the output', (await ratio.data())[0])
  }
