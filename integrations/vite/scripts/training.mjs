// What the scripts share: the net, the images and the training of task.json, on the backend that is fastest in Node.
import { nets } from '@resfn/archs/nets'
import { batches, firstOfEachClass, select } from '@resfn/batches'
import { decodeCheckpoint, restoreRun } from '@resfn/checkpoint'
import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import { train } from '@resfn/loop'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { chooseBackend } from '@resfn/runtime'
import { constantRate } from '@resfn/schedules'
import { normalise } from '@resfn/transforms'
import { either as E } from 'fp-ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const task = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'task.json'), 'utf8'))

/** The value, or the error thrown. */
export const right = (either) => {
  if (E.isLeft(either)) throw new Error(either.left.message)
  return either.right
}

export const chosen = right(await chooseBackend('auto')())
export const data = right(await loadFashionMnistSubset())
export const { classes, shape: input } = data.train
export const net = nets[task.net].make({ classes: classes.length })
export const transform = normalise({ mean: task.mean, std: task.std })
export const optimiser = sgd({ momentum: task.momentum })

/** The run in the bytes of a checkpoint. */
export const restored = (bytes) =>
  right(
    E.chain((checkpoint) => restoreRun(checkpoint, { net, name: task.net, input, optimiser }))(decodeCheckpoint(bytes)),
  )

/** The run after so many epochs in all, and the loss of every step. */
export const finish = async (first, { perClass, batch, epochs, learningRate }) => {
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

/** Goes on for some steps on the images that the page trains on. */
export const goOn = (run, steps) => finish(run, { ...task.here, epochs: run.cursor.epoch + steps })
