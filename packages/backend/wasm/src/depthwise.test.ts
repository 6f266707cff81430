import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closeTo, onBackend, values } from './fixtures/parity.ts'
import { useWasm } from './use-wasm.ts'

type Case = {
  readonly shape: readonly [batch: number, height: number, width: number, channels: number]
  readonly filter: readonly [height: number, width: number, multiplier: number]
  readonly strides: readonly [number, number]
  readonly pad: 'same' | 'valid' | number | [[0, 0], [number, number], [number, number], [0, 0]]
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

const run = (name: string, inputs: { readonly [name: string]: tf.Tensor }, attributes: object): tf.Tensor =>
  tf.engine().runKernel(name, { ...inputs }, { ...attributes } as never)

/** Forward, and both gradients. */
const compute = ({ shape, filter: [height, width, multiplier], strides, pad }: Case): tf.Tensor[] => {
  const filterShape = [height, width, shape[3], multiplier]
  const attributes = { strides, pad, dataFormat: 'NHWC', dilations: [1, 1], dimRoundingMode: 'floor' }
  const x = tf.tensor(values(sizeOf(shape), 1), [...shape])
  const filter = tf.tensor(values(sizeOf(filterShape), 2), filterShape)
  const y = run('DepthwiseConv2dNative', { x, filter }, attributes)
  const dy = tf.tensor(values(y.size, 3), y.shape)
  return [
    y,
    run('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { ...attributes, inputShape: shape }),
    run('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { ...attributes, filterShape }),
  ]
}

const agrees = async (example: Case): Promise<void> => {
  const [expected, actual] = [
    await onBackend('cpu', () => compute(example)),
    await onBackend('wasm', () => compute(example)),
  ]
  for (const [i, name] of ['forward', 'input gradient', 'filter gradient'].entries())
    closeTo(actual[i]!, expected[i]!, 1e-5, `${name} of ${JSON.stringify(example)}`)
}

for (const threads of [1, 2])
  describe(`depthwise convolution with ${threads} thread${threads === 1 ? '' : 's'}`, () => {
    let dispose = (): void => {}
    beforeAll(async () => {
      dispose = (await useWasm({ threads })).dispose
    })
    afterAll(() => dispose())

    it('agrees with a sum by hand: a filter of 2x1, stride 2, same padding', async () => {
      const [y] = await onBackend('wasm', () => [
        tf.depthwiseConv2d(tf.tensor4d([1, 2], [1, 1, 2, 1]), tf.tensor4d([10, 100], [2, 1, 1, 1]), 2, 'same'),
      ])
      expect([...y!]).toEqual([10])
    })

    it('agrees with the cpu backend on any small shape', async () => {
      const small = fc.integer({ min: 1, max: 3 })
      const side = fc.integer({ min: 3, max: 8 })
      const edge = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 }))
      const cases = fc.record({
        shape: fc.tuple(small, side, side, fc.constantFrom(1, 2, 4, 5, 8)),
        filter: fc.tuple(small, small, small),
        strides: fc.tuple(small, small),
        pad: fc.oneof(
          fc.constantFrom<Case['pad']>('same', 'valid', 0, 1),
          fc.tuple(edge, edge).map(([rows, columns]): Case['pad'] => [[0, 0], rows, columns, [0, 0]]),
        ),
      })
      await fc.assert(fc.asyncProperty(cases, agrees), { numRuns: 60 })
    })

    it('dilated, agrees with the cpu backend forward, and its gradients are those of a filter with zeros between', async () => {
      const attributes = { strides: 1, pad: 2, dataFormat: 'NHWC', dimRoundingMode: 'floor' }
      const inputs = (): { readonly [name in 'x' | 'filter' | 'wide' | 'dy']: tf.Tensor } => {
        const filter = tf.tensor(values(9 * 4, 2), [3, 3, 4, 1])
        const rows = Array.from({ length: 5 }, (_, row) =>
          Array.from({ length: 5 }, (__, column) =>
            row % 2 === 0 && column % 2 === 0
              ? tf.reshape(tf.slice(filter, [row / 2, column / 2, 0, 0], [1, 1, 4, 1]), [4, 1])
              : tf.zeros([4, 1]),
          ),
        )
        const wide = tf.stack(rows.map((row) => tf.stack(row)))
        const x = tf.tensor(values(2 * 49 * 4, 1), [2, 7, 7, 4])
        return { x, filter, wide, dy: tf.tensor(values(2 * 49 * 4, 3), [2, 7, 7, 4]) }
      }
      const results = (way: 'dilated' | 'wide') => (): tf.Tensor[] => {
        const { x, filter, wide, dy } = inputs()
        const own = way === 'dilated'
        const settings = { ...attributes, dilations: own ? 2 : 1 }
        const by = own ? filter : wide
        const dw = run('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { ...settings, filterShape: by.shape })
        return [
          run('DepthwiseConv2dNative', { x, filter: by }, settings),
          run('DepthwiseConv2dNativeBackpropInput', { dy, filter: by }, { ...settings, inputShape: x.shape }),
          own ? dw : tf.stridedSlice(dw, [0, 0, 0, 0], [5, 5, 4, 1], [2, 2, 1, 1]),
        ]
      }
      const [expected, actual] = [await onBackend('cpu', results('wide')), await onBackend('wasm', results('dilated'))]
      for (const [i, value] of expected.entries()) closeTo(actual[i]!, value, 1e-5, `output ${i}`)
    })
  })
