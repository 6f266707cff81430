import { lenet, lenetMakers } from '@resfn/archs/lenet'
import { batches, select } from '@resfn/batches'
import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import { lift } from '@resfn/layer'
import { train } from '@resfn/loop'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import { constantRate } from '@resfn/schedules'
import { startRun } from '@resfn/step'

await useBackend('auto')
const { right: data } = await loadFashionMnistSubset()
const images = select(
  data.train,
  Array.from({ length: 1024 }, (_, i) => i),
)

const nets = {
  'without BN': lenet({ classes: 10 }, { ...lenetMakers, norm: () => lift((x) => x) }),
  'with BN': lenet({ classes: 10 }),
}
for (const [name, net] of Object.entries(nets)) {
  const optimiser = sgd()
  const learning = { net, loss: crossEntropy(), optimiser, schedule: constantRate(1) }
  const pass = (start) => batches(images, { size: 64, key: key(1), start })
  const run = startRun(net, { optimiser, key: key(0), input: [28, 28, 1] })
  for await (const event of train({ ...learning, batches: pass, epochs: 3 }, run))
    if (event.type === 'epoch') console.log(name, 'epoch', event.epoch, 'training error', 1 - event.accuracy)
}
