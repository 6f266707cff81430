// @ts-check
// resfn as its users write it: the net of @resfn/archs, and the step of @resfn/step or its logits.
import { nets } from '@resfn/archs/nets'
import { forInference } from '@resfn/inference'
import { init } from '@resfn/layer'
import { startRun, takeStep } from '@resfn/step'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { constantRate } from '@resfn/schedules'
import { advance, dispose, leaves } from '@resfn/tree'
import * as tf from '@tensorflow/tfjs-core'
import { learningRate, momentum } from '../nets.mjs'

const trainer = (net, { input, examples }) => {
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
  return { step, params: run.params }
}

/** The parameters are those of the net as it is, also where another form of it runs. */
const predictor = (net, { input, examples: { images, shape }, ready }) => {
  const variables = init(net, key(0), input)
  const { params } = variables
  const runs = ready ? forInference(net, variables, { input }) : { net, ...variables }
  const step = async () => {
    const logits = tf.tidy(() => runs.net.apply(runs.params, tf.tensor(images, shape), runs.state))
    const [first] = await logits.data()
    dispose(logits)
    return first
  }
  return { step, params }
}

const backends = {
  wasm: async (threads) => {
    const { useWasm } = await import('@resfn/wasm')
    const { threads: got } = await useWasm({ threads })
    if (got !== threads) throw new Error(`wanted ${threads} threads, got ${got}`)
  },
  native: async (threads) => {
    const { useNative } = await import('@resfn/native')
    await useNative({ threads })
  },
}

export const start = async ({
  net: { net: name, task, classes, input },
  backend = 'wasm',
  threads,
  examples,
  forInference: ready,
}) => {
  await backends[backend](threads)
  if (nets[name] === undefined) throw new Error(`@resfn/archs has no net ${name}`)
  const net = nets[name].make({ classes })
  const { step, params } = (task === 'predict' ? predictor : trainer)(net, { input, examples, ready })
  return {
    step,
    version: `tfjs ${tf.version_core}`,
    params: leaves(params).reduce((sum, { size }) => sum + size, 0),
    memory: () => ({
      tensors: tf.memory().numTensors,
      ...(backend === 'wasm' && { heapMb: /** @type {any} */ (tf.backend()).wasm.HEAPU8.length / 2 ** 20 }),
    }),
  }
}
