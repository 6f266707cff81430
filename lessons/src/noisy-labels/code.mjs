import { cifarResnet } from '@resfn/archs/cifar-resnet'
import { batches, batchesInOrder, select } from '@resfn/batches'
import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import { train } from '@resfn/loop'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { key, uniform } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import { cosine } from '@resfn/schedules'
import { startRun } from '@resfn/step'

await useBackend('auto')
const { right: data } = await loadFashionMnistSubset()
const first = (set, count) =>
  select(
    set,
    Array.from({ length: count }, (_, i) => i),
  )
const [images, test] = [first(data.train, 1280), first(data.test, 400)]

// Half of the labels are exchanged for the next class.
const drawn = uniform(key(2), images.labels.length)
const labels = Int32Array.from(images.labels, (label, i) => (drawn[i] < 0.5 ? (label + 1 + (i % 9)) % 10 : label))

const net = cifarResnet({ depth: 8, classes: 10 })
const optimiser = sgd({ momentum: 0.9 })
const learning = { net, loss: crossEntropy(), optimiser, schedule: cosine({ rate: 0.05, steps: 60 }) }
const pass = (start) => batches({ ...images, labels }, { size: 64, key: key(1), start })
const evaluation = () => batchesInOrder(test, { size: 200 })
const run = startRun(net, { optimiser, key: key(0), input: [28, 28, 1] })
for await (const event of train({ ...learning, batches: pass, epochs: 3, evaluation }, run)) {
  if (event.type === 'epoch') console.log('accuracy on the wrong labels it learns from', event.accuracy.toFixed(3))
  if (event.type === 'evaluation') console.log('accuracy on right labels', event.accuracy.toFixed(3))
}
