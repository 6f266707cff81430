import { preActivationBottlenecks } from '@resfn/archs/pre-activation'
import { threeStages } from '@resfn/archs/resnet'
import { conv2d } from '@resfn/conv2d'
import { init } from '@resfn/layer'
import { crossEntropy } from '@resfn/losses'
import { key, normal } from '@resfn/random'
import { recompute } from '@resfn/recompute'
import { useBackend } from '@resfn/runtime'
import { gradientsOf } from '@resfn/step'
import { dispose, leaves } from '@resfn/tree'
import * as tf from '@tensorflow/tfjs-core'

await useBackend('auto')
const input = [8, 8, 1]
const examples = { images: normal(key(1), 32 * 64), shape: [32, ...input], labels: new Int32Array(32) }
const kinds = {
  kept: preActivationBottlenecks(),
  // The same blocks, each of which computes its inside again in the reverse pass.
  recomputed: Object.fromEntries(
    Object.entries(preActivationBottlenecks()).map(([name, make]) => [
      name,
      name === 'expansion' ? make : (place) => recompute(make(place)),
    ]),
  ),
}
for (const [name, kind] of Object.entries(kinds)) {
  // 3 x 111 blocks of 3 convolutions, the stem and the head: 1,001 layers.
  const stem = { conv1: conv2d({ out: 4, size: 3 }) }
  const net = threeStages({ stem, kind, blocks: [111, 111, 111], widths: [4, 8, 16], classes: 10 })
  const { params, state } = init(net, key(0), input)
  let found
  const { peakBytes } = await tf.profile(() => {
    found = gradientsOf({ net, loss: crossEntropy() })({ params, key: key(0), step: 0 }, examples)
    return []
  })
  const length = tf.tidy(() => tf.sqrt(tf.addN(leaves(found.gradients).map((leaf) => tf.sum(tf.square(leaf))))))
  console.log(name, 'peak', (peakBytes / 1e6).toFixed(1), 'MB, loss', (await found.loss.data())[0])
  console.log('length of the gradient', (await length.data())[0])
  dispose([params, state, found, length])
}
