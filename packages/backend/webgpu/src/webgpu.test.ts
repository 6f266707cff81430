import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { valueAndGradient } from '@resfn/autodiff'
import { batchNorm } from '@resfn/batch-norm'
import { applyConv2d, type Conv2dWindow } from '@resfn/conv2d'
import { train } from '@resfn/loop'
import { adam, sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { draw, relativeError, useSoftwareVulkan } from '@resfn/test-utils'
import { startRun } from '@resfn/step'
import { input, net, optimiser, type TinyRun, training, valuesOf } from '@resfn/test-utils/tiny'
import { flatten } from '@resfn/tree'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { DeviceError, DeviceLostError, useWebgpu, type WebgpuReport } from './index.ts'

type Tree = { readonly [name: string]: tf.Tensor }
type Case = readonly [name: string, run: () => unknown, tolerance: number]

const close = 2e-5

// The driver takes seconds to compile a shader, and tens where other programs run.
vi.setConfig({ testTimeout: 600_000 })

/** The value, and the gradients of sum(f(tree) dy). */
const differentiated = (f: (tree: Tree) => tf.Tensor, tree: Tree): unknown =>
  valueAndGradient((at: Tree) => {
    const y = f(at)
    return { loss: tf.sum(tf.mul(y, draw(7, ...y.shape))), aux: { y } }
  })(tree)

const convolution = (
  [batch, size, inputs, out, taps]: readonly [number, number, number, number, number],
  window: Partial<Conv2dWindow> & { readonly groups?: number } = {},
): Case => [
  `convolution of ${batch}x${size}x${size}x${inputs} to ${out}, ${taps}x${taps} ${JSON.stringify(window)}`,
  () =>
    differentiated(({ x, weight }) => applyConv2d({ weight: weight! }, x!, window), {
      x: draw(1, batch, size, size, inputs),
      weight: draw(2, taps, taps, inputs / (window.groups ?? 1), out),
    }),
  close,
]

const cases: readonly Case[] = [
  convolution([2, 7, 3, 8, 3], { padding: 1 }),
  convolution([2, 7, 8, 20, 3], { padding: 1, stride: 2 }),
  convolution([1, 9, 5, 7, 5], { padding: 2, stride: 3 }),
  // Sums over k so long that workgroups share them.
  convolution([1, 12, 140, 40, 1]),
  convolution([1, 7, 4, 4, 3], { padding: 2, dilation: 2, stride: 2 }),
  convolution([2, 5, 32, 16, 3], { padding: 1, groups: 4 }),
  // Depthwise, with one and with two outputs a channel.
  convolution([2, 6, 6, 6, 3], { padding: 1, groups: 6 }),
  convolution([1, 7, 4, 8, 3], { padding: 1, stride: 2, groups: 4 }),
  ...[
    [4, 3, 3, 7],
    [2, 12, 12, 16],
    [6, 70],
  ].map((shape): Case => [
    `batch normalisation of ${shape.join('x')} around 100`,
    () => {
      const channels = shape.at(-1)!
      return differentiated(
        ({ x, weight, bias }) => batchNorm().train({ weight: weight!, bias: bias! }, tf.add(x!, 100), key(0)).y,
        { x: draw(1, ...shape), weight: draw(2, channels), bias: draw(3, channels) },
      )
    },
    // 100 leaves x five digits.
    1e-3,
  ]),
  ...(
    [
      ['ReLU', () => differentiated(({ x }) => tf.relu(x!), { x: draw(1, 3, 5) })],
      ['the sum of two', () => differentiated(({ a, b }) => tf.add(a!, b!), { a: draw(1, 4, 4), b: draw(2, 4, 4) })],
      [
        'steps with momentum, and of Adam',
        () =>
          [sgd({ momentum: 0.9 }), sgd({ momentum: 0.9, nesterov: true }), adam()].map(({ init, update }) => {
            const params = { w: draw(1, 3, 5), b: draw(2, 4) }
            const gradients = { w: draw(3, 3, 5), b: draw(4, 4) }
            const first = update(gradients, init(params), params, { step: 0, learningRate: 0.1 })
            return update(gradients, first.state, first.params, { step: 1, learningRate: 0.05 })
          }),
      ],
      ['sums of channels', () => [tf.sum(draw(1, 3, 5, 2, 6), [0, 1, 2]), tf.mean(draw(2, 400, 33), 0)]],
      ['global means', () => [true, false].map((keep) => tf.mean(draw(1, 3, 5, 5, 6), [1, 2], keep))],
      [
        'sums of all, and of the last axis',
        () => [tf.sum(draw(1, 70, 100)), tf.mean(draw(2, 4, 30), 1), tf.sum(draw(3, 4, 3, 2), [0, 2])],
      ],
      [
        'tiles of five axes and more',
        () =>
          [
            [1, 3, 1, 2, 2],
            [2, 1, 1, 1, 1, 3],
          ].map((reps, i) => tf.tile(draw(i, ...[2, 1, 3, 1, 2, 2].slice(0, reps.length)), reps)),
      ],
      ['a sum of integers, which is left to tfjs', () => tf.sum(tf.ones([3, 2], 'int32'), 0)],
      [
        'integers that are cast',
        () => {
          const x = tf.cast(tf.tensor4d([3, -1, 4, 1, -5, 9, 2, -6], [1, 2, 2, 2], 'int32'), 'float32')
          const flags = tf.cast(tf.greater(draw(1, 2, 6), 0), 'float32')
          return [
            tf.sum(x, -1, true),
            tf.mean(tf.cast(tf.oneHot([2, 0], 3), 'float32')),
            tf.relu(x),
            tf.add(x, draw(2, 1, 2, 2, 2)),
            applyConv2d({ weight: draw(3, 1, 1, 2, 3) }, x),
            differentiated(({ a }) => tf.relu(tf.mul(a!, flags)), { a: draw(4, 2, 6) }),
          ]
        },
      ],
      ['a sum in one step', () => tf.sum(draw(1, 2, 3), [0, 1], true)],
      [
        'normalisation in evaluation',
        () => {
          const [mean, offset, scale] = [2, 3, 4].map((seed) => draw(seed, 5) as tf.Tensor1D)
          return tf.batchNorm(draw(1, 2, 3, 3, 5) as tf.Tensor4D, mean!, tf.fill([5], 0.5), offset, scale)
        },
      ],
    ] as const
  ).map(([name, run]): Case => [name, run, close]),
]

const valuesOn = async (backend: string, run: () => unknown): Promise<ReadonlyMap<string, Float32Array>> => {
  await tf.setBackend(backend)
  const found = flatten<tf.Tensor>(tf.tidy(() => run() as tf.TensorContainer))
  const values = await Promise.all(
    found.map(async ({ path, leaf }) => [path, (await leaf.data()) as Float32Array] as const),
  )
  found.forEach(({ leaf }) => leaf.dispose())
  return new Map(values)
}

describe('useWebgpu', () => {
  let report: WebgpuReport
  beforeAll(async () => {
    useSoftwareVulkan()
    report = await useWebgpu()
  })

  it('makes the backend current, and calls a program on the CPU software', () => {
    expect(tf.getBackend()).toBe('webgpu')
    expect(report.software).toBe(true)
    expect(report.name).toMatch(/swiftshader.*\(software\)$/i)
    expect(report.adapter.vendor).toBe('google')
    expect(report.warnings[0]).toContain('use wasm, or install the driver of the GPU')
    expect(report.kernels).toContain('Conv2DBackpropFilter')
  })

  it('keeps the device and its tensors when it is called again', async () => {
    const x = tf.tensor1d([1, 2])
    const [first, second] = await Promise.all([useWebgpu(), useWebgpu()])
    expect(first.lost).toBe(second.lost)
    expect([...(await tf.add(x, 1).data())]).toEqual([2, 3])
  })

  it.each(cases)('computes as plain JavaScript does: %s', async (_, run, tolerance) => {
    const expected = await valuesOn('cpu', run)
    const found = await valuesOn('webgpu', run)
    expect([...found.keys()]).toEqual([...expected.keys()])
    for (const [path, values] of found) expect(relativeError(values, expected.get(path)!), path).toBeLessThan(tolerance)
  })

  it('keeps the number of tensors and the bytes of the GPU', async () => {
    await tf.setBackend('webgpu')
    const [, run] = cases[2]!
    const memory = async () => {
      await valuesOn('webgpu', run)
      const { numTensors, numBytesInGPU, numBytesAllocatedInGPU } = tf.memory() as unknown as Record<string, number>
      return { numTensors, numBytesInGPU, numBytesAllocatedInGPU, data: tf.engine().backend.numDataIds() }
    }
    await memory()
    const before = await memory()
    for (let i = 0; i < 5; i++) expect(await memory()).toEqual(before)
  })

  it('throws what the GPU refused at the next read, once', async () => {
    await tf.setBackend('webgpu')
    const { device } = tf.backend() as unknown as { readonly device: GPUDevice }
    const x = tf.tensor1d([1, 2])
    device.createShaderModule({ code: 'not a program' })
    const error = await tf
      .neg(x)
      .data()
      .catch((error: unknown) => error)
    expect(error).toBeInstanceOf(DeviceError)
    expect(error).toMatchObject({ _tag: 'KernelFailed' })
    expect([...(await tf.neg(x).data())]).toEqual([-1, -2])
  })

  it('lets a run go on elsewhere whose device is destroyed in the middle', async () => {
    const run = () => startRun(net, { optimiser, key: key(1), input })
    const finish = async (from: TinyRun): Promise<TinyRun> => {
      for await (const event of train(training(), from)) if (event.type === 'done') return event.run
      throw new Error('the run did not end')
    }
    await tf.setBackend('cpu')
    const expected = await finish(run())
    await tf.setBackend('webgpu')
    let again: TinyRun | undefined
    const breaking = async () => {
      for await (const event of train(training({ checkpointSteps: 2 }), run())) {
        if (event.type === 'step' && event.step === 5) report.dispose()
        if (event.type !== 'lost') continue
        expect(event).toMatchObject({ step: 4, error: { _tag: 'DeviceLost' } })
        await tf.setBackend('cpu')
        again = event.restore()
      }
    }
    await expect(breaking()).rejects.toThrow(/the GPU is lost/)
    const end = await finish(again!)
    expect(end.history.map(({ epoch }) => epoch)).toEqual([0, 1, 2])
    const wanted = valuesOf([expected.params, expected.state])
    for (const [path, values] of Object.entries(valuesOf([end.params, end.state])))
      expect(relativeError(values, wanted[path]!), path).toBeLessThan(1e-3)
  })

  it('says that the GPU is lost, at once and at each use', async () => {
    await tf.setBackend('webgpu')
    const x = tf.tensor4d(new Float32Array(16), [1, 4, 4, 1])
    report.dispose()
    const lost = await report.lost
    expect(lost).toBeInstanceOf(DeviceLostError)
    expect(lost).toMatchObject({ _tag: 'DeviceLost', reason: 'destroyed' })
    expect(() => tf.relu(x)).toThrow(lost)
    await expect(x.data()).rejects.toThrow(/the GPU is lost/)
  })
})
