import { cifarResnet } from '@resfn/archs/cifar-resnet'
import { batches, select } from '@resfn/batches'
import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import { train } from '@resfn/loop'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import { constantRate, cosine, milestones, oneCycle } from '@resfn/schedules'
import { startRun } from '@resfn/step'

await useBackend('auto')
const { right: data } = await loadFashionMnistSubset()
const images = select(
  data.train,
  Array.from({ length: 256 }, (_, i) => i),
)
const [rate, steps] = [0.2, 16]

const schedules = {
  constant: constantRate(rate),
  steps: milestones({ rate, at: [8, 12] }),
  cosine: cosine({ rate, steps }),
  'one cycle': oneCycle({ max: rate, steps }),
}
const net = cifarResnet({ depth: 8, classes: 10 })
for (const [name, schedule] of Object.entries(schedules)) {
  const optimiser = sgd({ momentum: 0.9 })
  const pass = (start) => batches(images, { size: 32, key: key(1), start })
  const run = startRun(net, { optimiser, key: key(0), input: [28, 28, 1] })
  const learning = { net, loss: crossEntropy(), optimiser, schedule, batches: pass, epochs: 2 }
  for await (const event of train(learning, run))
    if (event.type === 'epoch') console.log(name, 'epoch', event.epoch, 'loss', event.loss)
}
