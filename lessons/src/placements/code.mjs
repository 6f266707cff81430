import { select, batches } from '@resfn/batches'
import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import { repeat, sequential } from '@resfn/layer'
import { train } from '@resfn/loop'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { basicConvs, placedUnit, placements } from '@resfn/placements'
import { globalAvgPool } from '@resfn/pool'
import { key } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import { constantRate } from '@resfn/schedules'
import { startRun } from '@resfn/step'

await useBackend('auto')
const { right: data } = await loadFashionMnistSubset()
const images = select(
  data.train,
  Array.from({ length: 256 }, (_, i) => i),
)

for (const [name, placement] of Object.entries(placements)) {
  const unit = placedUnit({ placement, convs: basicConvs({ out: 8 }) })
  const units = repeat(Array.from({ length: 4 }, () => unit))
  const net = sequential({ stem: conv2d({ out: 8, size: 3, stride: 2 }), units, globalAvgPool, fc: dense({ out: 10 }) })
  const optimiser = sgd({ momentum: 0.9 })
  const learning = { net, loss: crossEntropy(), optimiser, schedule: constantRate(0.05) }
  const pass = (start) => batches(images, { size: 64, key: key(1), start })
  const run = startRun(net, { optimiser, key: key(0), input: [28, 28, 1] })
  for await (const event of train({ ...learning, batches: pass, epochs: 2 }, run))
    if (event.type === 'epoch') console.log(name, 'epoch', event.epoch, 'training loss', event.loss)
}
