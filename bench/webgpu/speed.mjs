// @ts-check
// Training steps and predictions on the current backend, timed.
import { nets } from '@resfn/archs/nets'
import { init } from '@resfn/layer'
import { key } from '@resfn/random'
import { dispose, leaves } from '@resfn/tree'
import * as tf from '@tensorflow/tfjs-core'
import { examples as examplesOf } from '../nets.mjs'
import { median, startTraining } from '../training.mjs'

/** Steps until the time is up, each with its loss read, as training does. */
const timed = async (step, { budgetMs, least = 5 }) => {
  const first = performance.now()
  await step()
  const firstMs = performance.now() - first
  for (let i = 0; i < 2; i++) await step()
  /** @type {[number[], number[]]} */
  const [ms, enqueueMs] = [[], []]
  const from = performance.now()
  while (ms.length < least || performance.now() - from < budgetMs) {
    const before = performance.now()
    enqueueMs.push(await step())
    ms.push(performance.now() - before)
    if (performance.now() - from > 4 * budgetMs) break
  }
  return { firstMs, medianMs: median(ms), enqueueMs: median(enqueueMs), steps: ms.length }
}

/** Where the GPU's time of one step goes, by program; zeros where the device has no timestamps. */
const profiled = async (step) => {
  const backend = /** @type {any} */ (tf.backend())
  if (!backend.supportTimestampQuery) return undefined
  const names = new Map()
  const { kernelMs, getExtraProfileInfo } = await backend.time(() => step())
  for (const line of getExtraProfileInfo().split(', ')) {
    const [, name, ms] = /^(.*): ([\d.e+-]+)$/.exec(line) ?? []
    if (name === undefined) continue
    const { ms: before = 0, count = 0 } = names.get(name) ?? {}
    names.set(name, { ms: before + Number(ms), count: count + 1 })
  }
  const programs = [...names].map(([name, row]) => ({ name, ...row })).sort((a, b) => b.ms - a.ms)
  return { gpuMs: kernelMs, dispatches: programs.reduce((sum, { count }) => sum + count, 0), profile: programs }
}

const train = ({ net, input, classes, batch, ...rest }) => ({
  name: `train ${net}@${input[0]} batch ${batch}`,
  ...rest,
  run: async (limits) => {
    const training = startTraining({ net, input, classes, batch })
    const losses = []
    const step = async () => {
      const { loss, enqueueMs } = await training.step()
      losses.push(loss)
      return enqueueMs
    }
    const times = await timed(step, limits)
    const tensors = tf.memory().numTensors
    const profile = await profiled(() => dispose(training.enqueue()))
    const { numBytesInGPU, numBytesAllocatedInGPU } = /** @type {any} */ (tf.memory())
    training.end()
    return {
      examplesPerSecond: (batch * 1000) / times.medianMs,
      ...times,
      losses: [losses[0], losses.at(-1)],
      tensors,
      gpuMb: numBytesInGPU / 2 ** 20,
      allocatedMb: numBytesAllocatedInGPU / 2 ** 20,
      ...profile,
    }
  },
})

const predict = ({ net: name, input, classes, batch, ...rest }) => ({
  name: `predict ${name}@${input[0]} batch ${batch}`,
  ...rest,
  run: async (limits) => {
    const net = nets[name].make({ classes })
    const { params, state } = init(net, key(0), input)
    const { images, shape } = examplesOf({ input, classes }, batch)
    const forward = () => tf.tidy(() => net.apply(params, tf.tensor(images, shape), state))
    const step = async () => {
      const before = performance.now()
      const logits = forward()
      const enqueued = performance.now() - before
      await logits.data()
      logits.dispose()
      return enqueued
    }
    const times = await timed(step, limits)
    const profile = await profiled(() => forward().dispose())
    const parameters = leaves(params).reduce((sum, { size }) => sum + size, 0)
    dispose({ params, state })
    return { examplesPerSecond: (batch * 1000) / times.medianMs, ...times, parameters, ...profile }
  },
})

/**
 * What is timed: `small` on an adapter that computes on the CPU, the others on a GPU; `submits` are numbers of programs
 * that are handed over at once.
 *
 * @type {{ name: string, run: (limits: any) => Promise<any>, small?: boolean, submits?: number[], budgetMs?: number
 * }[]}
 */
export const jobs = [
  train({ net: 'cifar-resnet8', input: [28, 28, 1], classes: 10, batch: 8, small: true, budgetMs: 500 }),
  train({ net: 'cifar-resnet20', input: [28, 28, 1], classes: 10, batch: 128, submits: [64, 15, 256] }),
  train({ net: 'd2l-resnet18', input: [96, 96, 1], classes: 10, batch: 32 }),
  predict({ net: 'resnet50', input: [224, 224, 3], classes: 1000, batch: 8 }),
  predict({ net: 'resnet50', input: [224, 224, 3], classes: 1000, batch: 32 }),
  train({ net: 'resnet50', input: [224, 224, 3], classes: 1000, batch: 16 }),
  train({ net: 'cifar-resnext29_32x4d', input: [32, 32, 3], classes: 10, batch: 64 }),
]
