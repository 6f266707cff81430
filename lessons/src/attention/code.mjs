import { init, lift, product, repeat } from '@resfn/layer'
import { key } from '@resfn/random'
import { attentionResidual, residualAttention } from '@resfn/residual-attention'
import { useBackend } from '@resfn/runtime'
import * as tf from '@tensorflow/tfjs-core'

await useBackend('auto')

// What do modules make of a one, where the masks are a half and all else passes on what it gets?
const unit = lift((x) => x)
const mask = lift((x) => tf.fill(x.shape, 0.5))
for (const [name, join] of Object.entries({ residual: attentionResidual, naive: product }))
  for (const count of [1, 2, 4, 8]) {
    const module = residualAttention({ out: 1, depth: 1, unit, mask, join })
    const net = repeat(Array.from({ length: count }, () => module))
    const { params, state } = init(net, key(0), [4, 4, 1])
    const y = net.apply(params, tf.ones([1, 4, 4, 1]), state)
    console.log(name.padEnd(10), count, tf.mean(y).dataSync()[0])
  }
