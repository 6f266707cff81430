// @ts-check
// resfn as its users write it: the net of @resfn/archs and the step of @resfn/step.
import { nets } from '@resfn/archs/nets'
import { startRun, takeStep } from '@resfn/step'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { constantRate } from '@resfn/schedules'
import { advance, dispose, leaves } from '@resfn/tree'
import { useWasm } from '@resfn/wasm'
import * as tf from '@tensorflow/tfjs-core'
import { learningRate, momentum } from '../nets.mjs'

export const start = async ({ net: { name, classes, input }, threads, examples }) => {
  const { threads: got } = await useWasm({ threads })
  if (got !== threads) throw new Error(`wanted ${threads} threads, got ${got}`)
  const net = nets[name].make({ classes })
  const optimiser = sgd({ momentum })
  const learn = takeStep({ net, loss: crossEntropy(), optimiser, schedule: constantRate(learningRate) })
  let run = startRun(net, { optimiser, key: key(0), input })
  const step = async () => {
    const { learned, ...seen } = learn(run, examples)
    const [loss] = await seen.loss.data()
    dispose(seen)
    run = advance(run, () => ({ ...run, ...learned }))
    return loss
  }
  return {
    step,
    version: `tfjs ${tf.version_core}`,
    params: leaves(run.params).reduce((sum, { size }) => sum + size, 0),
    memory: () => ({
      tensors: tf.memory().numTensors,
      heapMb: /** @type {any} */ (tf.backend()).wasm.HEAPU8.length / 2 ** 20,
    }),
  }
}
