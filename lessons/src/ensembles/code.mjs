import { cifarPreActivationResnet } from '@resfn/archs/pre-activation'
import { batches, batchesInOrder, select } from '@resfn/batches'
import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import { editPart } from '@resfn/layer'
import { evaluate, train } from '@resfn/loop'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
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
const [images, test] = [first(data.train, 640), first(data.test, 200)]

const net = cifarPreActivationResnet({ depth: 14, units: 'basic', classes: 10 })
const optimiser = sgd({ momentum: 0.9 })
const learning = { net, loss: crossEntropy(), optimiser, schedule: cosine({ rate: 0.05, steps: 30 }) }
const pass = (start) => batches(images, { size: 64, key: key(1), start })
const accuracyOf = async (of, { params, state }) =>
  (await evaluate((x) => of.apply(params, x, state), batchesInOrder(test, { size: 200 }))).accuracy.toFixed(3)

for await (const event of train(
  { ...learning, batches: pass, epochs: 3 },
  startRun(net, { optimiser, key: key(0), input: [28, 28, 1] }),
)) {
  if (event.type !== 'done') continue
  console.log('whole', await accuracyOf(net, event.run))
  for (const path of ['layer1.1', 'layer2.1', 'layer3.1'])
    console.log(
      'without',
      path,
      await accuracyOf(
        editPart(net, path, (block) => ({ ...block, apply: (_, x) => x })),
        event.run,
      ),
    )
}
