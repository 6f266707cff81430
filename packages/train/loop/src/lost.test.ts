import * as tf from '@tensorflow/tfjs-core'
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import { key } from '@resfn/random'
import { startRun } from '@resfn/step'
import { input, net, optimiser, type TinyRun, training, valuesOf } from '@resfn/test-utils/tiny'
import { dispose } from '@resfn/tree'
import { afterEach, describe, expect, it } from 'vitest'
import { train, type TrainEvent } from './index.ts'

type TinyEvent = TrainEvent<TinyRun['params'], TinyRun['state']>

const lostError = (): Error => Object.assign(new Error('the GPU is lost'), { _tag: 'DeviceLost' })

/** Plain JavaScript under the name of a GPU, which is gone from the moment `lose` is called. */
const startDevice = async (name: string): Promise<() => void> => {
  let lost = false
  const device = new MathBackendCPU()
  const { memory } = device
  device.memory = () => ({ ...memory.call(device), numBytesInGPU: 0 })
  tf.registerBackend(name, () => device)
  for (const kernel of tf.getKernelsForBackend('cpu'))
    if (tf.getKernel(kernel.kernelName, name) == null) tf.registerKernel({ ...kernel, backendName: name })
  const read = device.read.bind(device)
  device.read = async (data) => (lost ? Promise.reject(lostError()) : read(data))
  await tf.setBackend(name)
  return () => (lost = true)
}

const start = (): TinyRun => startRun(net, { optimiser, key: key(1), input })

/** Trains, goes on with plain JavaScript where the device is lost, and gives the types of all events and the end. */
const follow = async (
  run: TinyRun,
  {
    lose,
    at,
    checkpointSteps = 100,
  }: { readonly lose: () => void; readonly at: number; readonly checkpointSteps?: number },
): Promise<{ readonly types: readonly string[]; readonly kept: readonly number[]; readonly end: TinyRun }> => {
  const types: string[] = []
  const kept: number[] = []
  let next: TinyRun | undefined
  try {
    for await (const event of train(training({ checkpointSteps }), run) as AsyncIterable<TinyEvent>) {
      types.push(event.type)
      if (event.type === 'step' && event.step === at) lose()
      if (event.type === 'done') return { types, kept, end: event.run }
      if (event.type !== 'lost') continue
      expect(event.error).toMatchObject({ _tag: 'DeviceLost' })
      kept.push(event.step)
      await tf.setBackend('cpu')
      next = event.restore()
    }
  } catch (error) {
    if (next === undefined) throw error
    expect(error).toMatchObject({ _tag: 'DeviceLost' })
  }
  const rest = await follow(next!, { lose: () => {}, at: 0 })
  return { types: [...types, ...rest.types], kept, end: rest.end }
}

const endOf = ({ params, state, optimiser: slots }: TinyRun): unknown => valuesOf([params, state, slots])

describe('a run on a device that is lost', () => {
  afterEach(async () => {
    await tf.setBackend('cpu')
    for (const name of ['webgl', 'webgpu']) if (tf.findBackendFactory(name) != null) tf.removeBackend(name)
  })

  it.each([
    ['webgpu', 2, 100, 0],
    ['webgpu', 5, 100, 3],
    ['webgl', 5, 1, 4],
  ])('on %s, lost after step %i: goes on elsewhere from what was kept', async (name, at, checkpointSteps, kept) => {
    await tf.setBackend('cpu')
    const unbroken = await follow(start(), { lose: () => {}, at: 0 })
    const lose = await startDevice(name)
    const broken = await follow(start(), { lose, at, checkpointSteps })
    expect(broken.types.filter((type) => type === 'lost')).toHaveLength(1)
    expect(broken.kept).toEqual([kept])
    expect(endOf(broken.end)).toEqual(endOf(unbroken.end))
    expect(broken.end.history).toEqual(unbroken.end.history)
  })

  it('has no such event where the error is another, or the device is not one that can be lost', async () => {
    await tf.setBackend('cpu')
    const events: string[] = []
    const stopping = async () => {
      for await (const { type } of train(
        training({
          loss: () => {
            throw lostError()
          },
        }),
        start(),
      ))
        events.push(type)
    }
    await expect(stopping()).rejects.toThrow('the GPU is lost')
    expect(events).toEqual([])
  })

  it('leaves no tensor of the lost run behind', async () => {
    await tf.setBackend('cpu')
    const before = tf.memory().numTensors
    const lose = await startDevice('webgpu')
    const { end } = await follow(start(), { lose, at: 4 })
    dispose({ params: end.params, state: end.state, optimiser: end.optimiser })
    expect(tf.memory().numTensors).toBe(before)
  })
})
