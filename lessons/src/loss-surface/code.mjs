import { cifarResnet, noShortcuts, optionA } from '@resfn/archs/cifar-resnet'
import { batches, batchesInOrder, select } from '@resfn/batches'
import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import { evaluate, train } from '@resfn/loop'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { fold, key, normal } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import { constantRate } from '@resfn/schedules'
import { startRun } from '@resfn/step'
import { map } from '@resfn/tree'
import * as tf from '@tensorflow/tfjs-core'

await useBackend('auto')
const { right: data } = await loadFashionMnistSubset()
const images = select(data.train, [...Array(256).keys()])
// The weights with noise: each filter of it is as many times as long as that of the weights; vectors stay.
const moved = (times) => (weights, path) => {
  if (weights.rank < 2) return weights
  const filters = tf.reshape(weights, [-1, weights.shape.at(-1)])
  const noise = tf.tensor(normal(fold(key(2), path), weights.size), filters.shape)
  const scale = tf.mul(times, tf.div(tf.norm(filters, 2, 0), tf.norm(noise, 2, 0)))
  return tf.reshape(tf.add(filters, tf.mul(noise, scale)), weights.shape)
}
for (const [name, shortcuts] of Object.entries({ plain: noShortcuts, residual: optionA })) {
  const net = cifarResnet({ depth: 14, classes: 10, shortcuts })
  const learning = { net, loss: crossEntropy(), optimiser: sgd({ momentum: 0.9 }), schedule: constantRate(0.05) }
  const pass = (start) => batches(images, { size: 32, key: key(1), start })
  const start = startRun(net, { optimiser: learning.optimiser, key: key(0), input: [28, 28, 1] })
  for await (const { type, run } of train({ ...learning, batches: pass, epochs: 2 }, start))
    for (const times of type === 'done' ? [-1, -0.5, 0, 0.5, 1] : []) {
      const predict = (x) => net.apply(map(run.params, moved(times)), x, run.state)
      console.log(name, 'at', times, 'loss', (await evaluate(predict, batchesInOrder(images, { size: 128 }))).loss)
    }
}
