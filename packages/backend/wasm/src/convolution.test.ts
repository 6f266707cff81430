import { setFlagsFromString } from 'node:v8'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closeTo, onBackend, values } from './fixtures/parity.ts'
import { useWasm } from './use-wasm.ts'

type Case = {
  readonly batch: number
  readonly height: number
  readonly width: number
  readonly inChannels: number
  readonly outChannels: number
  readonly kernel: number
  readonly stride: number
  readonly pad: number | 'same' | 'valid' | [[0, 0], [number, number], [number, number], [0, 0]]
}

const show = ({ batch, height, width, inChannels, outChannels, kernel, stride, pad }: Case): string =>
  `[${batch},${height},${width},${inChannels}] by ${kernel}x${kernel}x${outChannels}, stride ${stride}, pad ${JSON.stringify(pad)}`

// Forward, input gradient and filter gradient of one convolution, on the named backend.
const run = (
  backend: string,
  { batch, height, width, inChannels, outChannels, kernel, stride, pad }: Case,
): Promise<Float32Array[]> =>
  onBackend(backend, () => {
    const x = tf.tensor4d(values(batch * height * width * inChannels, 1), [batch, height, width, inChannels])
    const filter = tf.tensor4d(values(kernel * kernel * inChannels * outChannels, 2), [
      kernel,
      kernel,
      inChannels,
      outChannels,
    ])
    const attributes = {
      strides: [stride, stride],
      pad,
      dataFormat: 'NHWC',
      dilations: [1, 1],
      dimRoundingMode: 'floor',
    }
    const y: tf.Tensor = tf.engine().runKernel('Conv2D', { x, filter }, attributes as never)
    const dy = tf.tensor(values(y.size, 3), y.shape)
    const dx: tf.Tensor = tf
      .engine()
      .runKernel('Conv2DBackpropInput', { dy, filter }, { ...attributes, inputShape: x.shape } as never)
    const dw: tf.Tensor = tf
      .engine()
      .runKernel('Conv2DBackpropFilter', { x, dy }, { ...attributes, filterShape: filter.shape } as never)
    return [y, dx, dw]
  })

const agrees = async (example: Case): Promise<void> => {
  const [expected, actual] = [await run('cpu', example), await run('wasm', example)]
  for (const [i, name] of ['forward', 'input gradient', 'filter gradient'].entries())
    closeTo(actual[i]!, expected[i]!, 1e-4, `${name} of ${show(example)}`)
}

const base: Case = { batch: 3, height: 9, width: 8, inChannels: 5, outChannels: 17, kernel: 3, stride: 1, pad: 1 }

const ways = [
  { threads: 1, relaxed: false },
  { threads: 2, relaxed: false },
  { threads: 2, relaxed: true },
]

for (const { threads, relaxed } of ways) {
  describe(`convolution with ${threads} thread${threads === 1 ? '' : 's'}${relaxed ? ' and relaxed SIMD' : ''}`, () => {
    let dispose = (): void => {}
    beforeAll(async () => {
      // Node 20 has relaxed SIMD behind a flag, later versions always.
      if (relaxed) {
        setFlagsFromString('--experimental-wasm-relaxed-simd')
        tf.removeBackend('wasm')
      }
      const report = await useWasm({ threads })
      dispose = report.dispose
      expect(report.threads).toBe(threads)
      if (relaxed) expect(report.simd).toBe('relaxed')
    })
    afterAll(() => dispose())

    it('agrees with the cpu backend on any small shape', async () => {
      const shapes = fc.record({
        batch: fc.integer({ min: 1, max: 3 }),
        height: fc.integer({ min: 3, max: 9 }),
        width: fc.integer({ min: 3, max: 9 }),
        inChannels: fc.constantFrom(1, 2, 3, 4, 5, 8, 12),
        outChannels: fc.constantFrom(1, 3, 4, 7, 8, 16, 20),
        kernel: fc.constantFrom(1, 2, 3),
        stride: fc.integer({ min: 1, max: 3 }),
        pad: fc.constantFrom<Case['pad']>(0, 1, 'same', 'valid'),
      })
      await fc.assert(fc.asyncProperty(shapes, agrees), { numRuns: 30 })
    })

    it('gives the same bits every time', async () => {
      const large = { ...base, batch: 4, height: 20, width: 20, inChannels: 16, outChannels: 16 }
      const [first, second] = [await run('wasm', large), await run('wasm', large)]
      expect(second).toEqual(first)
    })
  })
}

describe('dilated convolution', () => {
  it('agrees with the cpu backend', async () => {
    await useWasm({ threads: 1 })
    const forward = (backend: string): Promise<Float32Array[]> =>
      onBackend(backend, () => [
        tf.conv2d(
          tf.tensor4d(values(2 * 9 * 9 * 4, 1), [2, 9, 9, 4]),
          tf.tensor4d(values(9 * 4 * 8, 2), [3, 3, 4, 8]),
          1,
          'same',
          'NHWC',
          2,
        ),
      ])
    closeTo((await forward('wasm'))[0]!, (await forward('cpu'))[0]!, 1e-5, 'forward')
  })
})
