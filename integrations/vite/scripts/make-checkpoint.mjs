// Trains a little in Node and writes public/checkpoint.safetensors, with which the page goes on, and
// public/expected.json: what Node itself gets from there, so that the page can show how far the browser is from it.
import { nets } from '@resfn/archs/nets'
import { batches, batchesInOrder, firstOfEachClass, select } from '@resfn/batches'
import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import { decodeCheckpoint, encodeCheckpoint, restoreRun } from '@resfn/checkpoint'
import { train } from '@resfn/loop'
import { startRun } from '@resfn/step'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { describeBackend, chooseBackend } from '@resfn/runtime'
import { constantRate } from '@resfn/schedules'
import { normalise } from '@resfn/transforms'
import * as tf from '@tensorflow/tfjs-core'
import { either as E } from 'fp-ts'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', 'public')
const task = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'task.json'), 'utf8'))

const right = (either) => {
  if (E.isLeft(either)) throw new Error(either.left.message)
  return either.right
}

const write = (name, content) => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.new`), content)
  renameSync(join(folder, `${name}.new`), join(folder, name))
}

const chosen = right(await chooseBackend('auto')())
console.log(describeBackend(chosen))
const data = right(await loadFashionMnistSubset())
const { classes, shape: input } = data.train
const net = nets[task.net].make({ classes: classes.length })
const transform = normalise({ mean: task.mean, std: task.std })
const optimiser = sgd({ momentum: task.momentum })

/** The run at the end, and the loss of every step. */
const finish = async (first, { perClass, batch, epochs, learningRate }) => {
  const set = select(data.train, firstOfEachClass(data.train, perClass))
  const losses = []
  const training = {
    net,
    optimiser,
    epochs,
    loss: crossEntropy(),
    schedule: constantRate(learningRate),
    batches: (start) => batches(set, { size: batch ?? set.labels.length, key: key(1), transform, start }),
  }
  for await (const event of train(training, first)) {
    if (event.type === 'step') losses.push(event.loss)
    if (event.type === 'done') return { run: event.run, losses }
  }
}

const { run, losses: before } = await finish(startRun(net, { optimiser, key: key(0), input }), task.inNode)
const bytes = right(await encodeCheckpoint(run, { net: { name: task.net, input, classes } })())
write('checkpoint.safetensors', bytes)

// From here on, what the page does too: read the checkpoint, predict a few images, go on with a few others.
const again = right(
  E.chain((checkpoint) => restoreRun(checkpoint, { net, name: task.net, input, optimiser }))(decodeCheckpoint(bytes)),
)
const logits = []
for await (const { images, shape } of batchesInOrder(
  select(data.test, firstOfEachClass(data.test, task.shownPerClass)),
  { size: 100, transform },
)) {
  const y = tf.tidy(() => net.apply(again.params, tf.tensor4d(images, shape), again.state))
  logits.push(...(await y.array()))
}
const { losses } = await finish(again, { ...task.here, epochs: again.cursor.epoch + task.here.steps })
write(
  'expected.json',
  `${JSON.stringify({ backend: `${chosen.backend}, ${chosen.details}`, node: process.version, logits, losses })}\n`,
)
console.log(
  `wrote checkpoint.safetensors (${bytes.length} bytes) after ${run.step} steps, loss ${before[0].toFixed(3)} to ${before.at(-1).toFixed(3)}; going on, ${losses[0].toFixed(3)} to ${losses.at(-1).toFixed(3)}`,
)
