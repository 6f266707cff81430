// Trains a little in Node and writes public/checkpoint.safetensors, with which the page goes on, and
// public/expected.json: what Node itself gets from there, so that the page can show how far the browser is from it.
import { batchesInOrder, firstOfEachClass, select } from '@resfn/batches'
import { encodeCheckpoint } from '@resfn/checkpoint'
import { key } from '@resfn/random'
import { describeBackend } from '@resfn/runtime'
import { startRun } from '@resfn/step'
import * as tf from '@tensorflow/tfjs-core'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  chosen,
  classes,
  data,
  finish,
  goOn,
  input,
  net,
  optimiser,
  restored,
  right,
  task,
  transform,
} from './training.mjs'

const folder = join(import.meta.dirname, '..', 'public')

const write = (name, content) => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.new`), content)
  renameSync(join(folder, `${name}.new`), join(folder, name))
}

console.log(describeBackend(chosen))
const { run, losses: before } = await finish(startRun(net, { optimiser, key: key(0), input }), task.inNode)
const bytes = right(await encodeCheckpoint(run, { net: { name: task.net, input, classes } })())
write('checkpoint.safetensors', bytes)

// From here on, what the page does too: read the checkpoint, predict a few images, go on with a few others.
const again = restored(bytes)
const logits = []
for await (const { images, shape } of batchesInOrder(
  select(data.test, firstOfEachClass(data.test, task.shownPerClass)),
  { size: 100, transform },
)) {
  const y = tf.tidy(() => net.apply(again.params, tf.tensor4d(images, shape), again.state))
  logits.push(...(await y.array()))
}
const { losses } = await goOn(again, task.here.steps)
write(
  'expected.json',
  `${JSON.stringify({ backend: `${chosen.backend}, ${chosen.details}`, node: process.version, logits, losses })}\n`,
)
console.log(
  `wrote checkpoint.safetensors (${bytes.length} bytes) after ${run.step} steps, loss ${before[0].toFixed(3)} to ${before.at(-1).toFixed(3)}; going on, ${losses[0].toFixed(3)} to ${losses.at(-1).toFixed(3)}`,
)
