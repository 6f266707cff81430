// All that this page does with a net: read a checkpoint that Node wrote, predict, and go on with the training.
import { nets } from '@resfn/archs/nets'
import { batches, batchesInOrder, firstOfEachClass, type ImageSet, select } from '@resfn/batches'
import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import type { Layer, Shape } from '@resfn/layer'
import { type Checkpoint, decodeCheckpoint, type Description, encodeCheckpoint, restoreRun } from '@resfn/checkpoint'
import { train } from '@resfn/loop'
import type { Run } from '@resfn/step'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { type WarmedUp, warmUp, type WarmUpProgress } from '@resfn/runtime'
import { constantRate } from '@resfn/schedules'
import { normalise } from '@resfn/transforms'
import * as tf from '@tensorflow/tfjs-core'
import { either as E } from 'fp-ts'
import task from '../task.json'

/** The value, or the error thrown. */
const right = <A>(either: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(either)) throw new Error(either.left.message)
  return either.right
}

export type Model = {
  readonly net: Layer<unknown, unknown>
  readonly run: Run<unknown, unknown>
  readonly name: string
  /** What its checkpoint says of it. */
  readonly description: Description
}

const optimiser = sgd({ momentum: task.momentum })
const transform = normalise({ mean: task.mean, std: task.std })

/** The net that the checkpoint describes, and the run in it. */
export const loadModel = async (url: string): Promise<Model> => {
  const response = await fetch(url)
  if (!response.ok)
    throw new Error(`${url}: the server answered ${response.status}; \`npm run checkpoint\` makes the file`)
  const checkpoint: Checkpoint = right(decodeCheckpoint(new Uint8Array(await response.arrayBuffer())))
  const { description } = checkpoint
  const { name, input, classes } = description.net
  const entry = nets[name]
  if (entry === undefined) throw new Error(`the checkpoint is of a net "${name}", which @resfn/archs does not have`)
  const net = entry.make({ classes: classes.length })
  return { net, name, description, run: right(restoreRun(checkpoint, { net, name, input: input as Shape, optimiser })) }
}

/** A few images to predict, of the test set, and a few to train on. */
export const loadImages = async (): Promise<{ readonly shown: ImageSet; readonly few: ImageSet }> => {
  const { train: training, test } = right(await loadFashionMnistSubset())
  return {
    shown: select(test, firstOfEachClass(test, task.shownPerClass)),
    few: select(training, firstOfEachClass(training, task.here.perClass)),
  }
}

/** The logits of a set, one row an image. */
export const predict = async ({ net, run }: Model, set: ImageSet): Promise<readonly (readonly number[])[]> => {
  const rows: number[][] = []
  for await (const { images, shape } of batchesInOrder(set, { size: 100, transform })) {
    const logits = tf.tidy(() => net.apply(run.params, tf.tensor(images, [...shape]), run.state))
    rows.push(...((await logits.array()) as number[][]))
    logits.dispose()
  }
  return rows
}

/** What is seen of a step. */
export type Seen = {
  readonly step: number
  readonly of: number
  readonly loss: number
  readonly examplesPerSecond: number
  readonly tensors: number
}

/** Compiles what a batch of predictions needs, side by side, before the first of them waits for it. */
export const warmUpFor = (
  { net, run }: Model,
  { labels, shape }: ImageSet,
  onProgress: (progress: WarmUpProgress) => void,
): Promise<WarmedUp> =>
  warmUp(() => net.apply(run.params, tf.zeros([Math.min(100, labels.length), ...shape]), run.state), { onProgress })

/** Goes on with the run for some steps, on all images of the set at every step. The run of the model is used up. */
export async function* learn(
  { net, run }: Model,
  set: ImageSet,
  steps: number = task.here.steps,
): AsyncGenerator<Seen, Run<unknown, unknown>> {
  const from = run.step
  const training = {
    net,
    optimiser,
    loss: crossEntropy(),
    schedule: constantRate(task.here.learningRate),
    epochs: run.cursor.epoch + steps,
    batches: (start: { readonly epoch: number; readonly batch: number }) =>
      batches(set, { size: set.labels.length, key: key(1), transform, start }),
  }
  for await (const event of train(training, run)) {
    if (event.type === 'step')
      yield {
        step: event.step - from,
        of: steps,
        loss: event.loss,
        examplesPerSecond: event.examplesPerSecond,
        tensors: tf.memory().numTensors,
      }
    if (event.type === 'done') return event.run
  }
  throw new Error('the training did not end')
}

/** The bytes of a run, with which Node goes on. */
export const bytesOf = async ({ description }: Model, run: Model['run']): Promise<Uint8Array> =>
  right(await encodeCheckpoint(run, description)())
