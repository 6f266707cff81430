import { blockKind, d2lResnet18, fourStages, textbookMakers } from '@resfn/archs/resnet'
import { batches, firstOfEachClass, select } from '@resfn/batches'
import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import { summary } from '@resfn/layer'
import { train } from '@resfn/loop'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { residualBranch } from '@resfn/residual-block'
import { useBackend } from '@resfn/runtime'
import { constantRate } from '@resfn/schedules'
import { startRun } from '@resfn/step'

// Convolutions with biases, and a bare 1x1 convolution on the shortcut.
const kind = blockKind(
  {
    expansion: 1,
    branch: ({ out, stride }) => residualBranch({ out, stride }, textbookMakers),
    shortcut: ({ out, stride }) => textbookMakers.conv({ out, size: 1, stride }),
  },
  textbookMakers,
)
const net = fourStages({ kind, blocks: [2, 2, 2, 2], classes: 10 }, textbookMakers)
for (const { path, depth, output } of summary(net, [224, 224, 1]).rows)
  if (depth === 0) console.log(path, [...output].reverse().join(' x '))
console.log('parameters', summary(net, [224, 224, 1]).params, summary(d2lResnet18({ classes: 10 }), [96, 96, 1]).params)

await useBackend('auto')
const { right: data } = await loadFashionMnistSubset()
const images = select(data.train, firstOfEachClass(data.train, 16))
const learning = { net, loss: crossEntropy(), optimiser: sgd(), schedule: constantRate(0.05), epochs: 2 }
const pass = (start) => batches(images, { size: 32, key: key(1), start })
const run = startRun(net, { optimiser: learning.optimiser, key: key(0), input: [28, 28, 1] })
for await (const event of train({ ...learning, batches: pass }, run))
  if (event.type === 'step') console.log('step', event.step, 'loss', event.loss)
