import { createRequire } from 'node:module'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { valueAndGradient } from '@resfn/autodiff'
import { applyConv2d, type Conv2dWindow } from '@resfn/conv2d'
import { draw, installedTensorflow, relativeError } from '@resfn/test-utils'
import { either as E } from 'fp-ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { setupNative, useNative, type NativeReport } from './index.ts'

const libtensorflow = installedTensorflow()
const util = createRequire(import.meta.url)('node:util') as { [name: string]: unknown }
const folder = join(import.meta.dirname, '..', '..', '..', '..', '.cache', 'native')

describe.skipIf(libtensorflow === undefined)('useNative, with RESFN_TENSORFLOW', () => {
  let report: NativeReport
  const ofTheApp: tf.GradConfig = { kernelName: tf.Acosh, inputsToSave: ['x'], gradFunc: () => ({}) }
  beforeAll(async () => {
    tf.registerGradient(ofTheApp)
    // As in Node 23 and later.
    for (const name of ['isNullOrUndefined', 'isString', 'isNumber']) delete util[name]
    const start = (): Promise<NativeReport> => useNative({ folder, threads: 2 })
    report = await start().catch(async () => {
      const built = await setupNative({ libtensorflow: libtensorflow!, folder })()
      if (E.isLeft(built)) throw built.left
      return start()
    })
  }, 600_000)

  it('tells the device from the library, and keeps the backend when it is called again', async () => {
    expect(report.device).toMatch(report.gpu ? /^GPU:\d+$/ : /^CPU:0$/)
    expect(report.tensorflow).toMatch(/^2\.\d+\.\d+/)
    expect(report.source).toBe('resfn setup native')
    expect(tf.getBackend()).toBe('tensorflow')
    expect(await useNative({ folder })).toBe(report)
  })

  it('leaves no gradient of tfjs behind, of which some are wrong, and keeps those of the app', () => {
    expect(tf.getGradient(tf.SquaredDifference)).toBeUndefined()
    expect(tf.getGradient(tf.Acosh)).toBe(ofTheApp)
  })

  it('supplies what tfjs-node calls and Node 23 removed', async () => {
    await tf.setBackend('tensorflow')
    const { values, indices } = tf.topk(tf.tensor1d([3, 9, 1, 7]), 2)
    expect([...(await values.data()), ...(await indices.data())]).toEqual([9, 7, 1, 3])
    expect(util['isNullOrUndefined']).toBeTypeOf('function')
    expect(util['isString']).toBeUndefined()
  })

  // Sizes at which the input gradients of oneDNN are wrong, and neighbours.
  it.each<readonly [number, number, number, Conv2dWindow]>([
    [1, 512, 64, {}],
    [1, 300, 20, { stride: 2 }],
    [3, 144, 64, { stride: 2, padding: 1 }],
    [3, 40, 20, { padding: 1 }],
    [3, 5, 7, { padding: 2, dilation: 2 }],
    [3, 8, 8, { padding: 1, groups: 4, stride: 2 }],
  ])('convolves %ix%i channels to %i, with gradients as plain JavaScript: %o', async (size, from, to, window) => {
    const run = async (backend: string): Promise<readonly Float32Array[]> => {
      await tf.setBackend(backend)
      const { gradients, aux } = valueAndGradient(({ x, weight }: { x: tf.Tensor; weight: tf.Tensor }) => {
        const y = applyConv2d({ weight }, x, window)
        return { loss: tf.sum(tf.mul(y, draw(3, ...y.shape))), aux: { y } }
      })({ x: draw(1, 2, 6, 5, from), weight: draw(2, size, size, from / (window.groups ?? 1), to) })
      return Promise.all([aux.y, gradients.x, gradients.weight].map((t) => t.data() as Promise<Float32Array>))
    }
    const [expected, found] = [await run('cpu'), await run('tensorflow')]
    found.forEach((values, i) => expect(relativeError(values, expected[i]!)).toBeLessThan(2e-5))
  })

  it('keeps the number of tensors, in tfjs and in TensorFlow, over 200 steps', async () => {
    await tf.setBackend('tensorflow')
    const { binding } = tf.backend() as unknown as { readonly binding: { readonly getNumOfTensors: () => number } }
    const [x, first] = [draw(1, 2, 6, 6, 8), draw(2, 3, 3, 2, 8)]
    let weight = first
    const step = (): void => {
      const next = tf.tidy(() => {
        const loss = (tree: { readonly weight: tf.Tensor }) => ({
          loss: tf.mean(tf.maxPool(tf.relu(applyConv2d(tree, x, { groups: 4 })) as tf.Tensor4D, 3, 2, 'same')),
          aux: {},
        })
        return tf.sub(weight, tf.mul(0.01, valueAndGradient(loss)({ weight }).gradients.weight))
      })
      weight.dispose()
      weight = next
    }
    const counts = (): readonly number[] => [
      tf.memory().numTensors,
      tf.engine().backend.numDataIds(),
      binding.getNumOfTensors(),
    ]
    for (let i = 0; i < 3; i++) step()
    const before = counts()
    for (let i = 0; i < 200; i++) step()
    expect(counts()).toEqual(before)
  })
})
