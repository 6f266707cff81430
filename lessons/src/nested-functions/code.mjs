import { cifarResnet } from '@resfn/archs/cifar-resnet'
import { init } from '@resfn/layer'
import { key, normal } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import { insertIdentity } from '@resfn/surgery'
import * as tf from '@tensorflow/tfjs-core'

await useBackend('auto')
const input = [28, 28, 1]
const net = cifarResnet({ depth: 14, classes: 10 })
const trees = { net, ...init(net, key(0), input) }

// A block more at the end of each stage; the last normalisation of its branch is 0.
let deeper = trees
for (const stage of ['layer1', 'layer2', 'layer3'])
  deeper = insertIdentity(deeper, { stage, index: 2, input, key: key(1) })

const x = tf.tensor(normal(key(2), 16 * 28 * 28), [16, ...input])
const before = net.apply(trees.params, x, trees.state)
const after = deeper.net.apply(deeper.params, x, deeper.state)
const [difference] = await tf.max(tf.abs(tf.sub(after, before))).data()
console.log('blocks in a stage', net.layers.layer1.layers.length, 'and', deeper.params.layer1.length)
console.log('largest difference of the outputs', difference)
