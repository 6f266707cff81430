import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { values } from './fixtures/parity.ts'
import { sizeOf } from './shape.ts'
import { useWasm } from './use-wasm.ts'

type Case = {
  readonly x: readonly [batch: number, height: number, width: number, channels: number]
  readonly out: number
  readonly size: number
  readonly stride?: number
  readonly padding?: number
  readonly dilation?: number
  readonly groups?: number
}

type Activation = 'linear' | 'relu' | 'relu6'

const run = (name: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor => {
  const y: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap)
  return Array.isArray(y) ? y[0]! : y
}

const activations = { linear: (x: tf.Tensor) => x, relu: tf.relu, relu6: tf.relu6 }

const draw = (shape: readonly number[], seed: number): tf.Tensor => tf.tensor(values(sizeOf(shape), seed), [...shape])

const difference = (a: tf.Tensor, b: tf.Tensor): number => {
  expect(a.shape).toEqual(b.shape)
  const others = b.dataSync() as Float32Array
  const largest = others.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return (
    (a.dataSync() as Float32Array).reduce((most, value, i) => Math.max(most, Math.abs(value - others[i]!)), 0) / largest
  )
}

/** The largest relative difference of the fused kernel from its parts, three times with one filter. */
const differenceOf = (example: Case, activation: Activation, wide = 1): number => {
  const { x: shape, out, size, stride = 1, padding = 0, dilation = 1, groups = 1 } = example
  const channels = shape[3]
  const numbers = values(sizeOf(shape), 1)
  // An image with a value far above the others is convolved directly.
  numbers[5] = wide
  const x = tf.tensor(numbers, [...shape])
  const filter = draw([size, size, channels / groups, out], 2)
  const window = { stride, padding, dilation, groups }
  const plain = tf.tidy(() =>
    groups > 1 && groups === channels
      ? run(
          'DepthwiseConv2dNative',
          { x, filter: tf.reshape(filter, [size, size, channels, out / channels]) },
          { strides: stride, pad: padding, dilations: dilation, dataFormat: 'NHWC' },
        )
      : run('GroupedConv2D', { x, filter }, window),
  )
  const bias = draw([out], 3)
  const residual = draw(plain.shape, 4)
  const most = [{}, { bias }, { residual }, { bias, residual }].map(
    (more: { readonly bias?: tf.Tensor; readonly residual?: tf.Tensor }) =>
      tf.tidy(() => {
        let expected = plain
        if (more.bias !== undefined) expected = tf.add(expected, more.bias)
        if (more.residual !== undefined) expected = tf.add(expected, more.residual)
        const y = run('FusedConvolution', { x, filter, ...more } as tf.NamedTensorMap, { ...window, activation })
        return difference(y, activations[activation](expected))
      }),
  )
  tf.dispose([x, filter, plain, bias, residual])
  return Math.max(...most)
}

const cases: readonly (readonly [string, Case])[] = [
  ['1x1', { x: [2, 5, 7, 16], out: 24, size: 1 }],
  ['1x1 with a part of a panel', { x: [1, 3, 3, 5], out: 7, size: 1 }],
  ['1x1 of three outputs', { x: [1, 3, 5, 4], out: 3, size: 1, stride: 2 }],
  ['3x3 with a stride', { x: [2, 9, 9, 8], out: 20, size: 3, stride: 2, padding: 1 }],
  ['a stem', { x: [2, 15, 15, 3], out: 16, size: 7, stride: 2, padding: 3 }],
  ['dilated', { x: [1, 9, 9, 8], out: 8, size: 3, padding: 2, dilation: 2 }],
  ['Winograd by tiles', { x: [2, 30, 29, 16], out: 12, size: 3, padding: 1 }],
  ['Winograd by panels', { x: [2, 14, 13, 128], out: 132, size: 3, padding: 1 }],
  ['Winograd in groups', { x: [2, 16, 16, 64], out: 64, size: 3, padding: 1, groups: 2 }],
  ['narrow groups', { x: [2, 9, 9, 32], out: 32, size: 3, padding: 1, groups: 8 }],
  ['other groups', { x: [2, 9, 9, 12], out: 18, size: 3, padding: 1, groups: 6 }],
  ['depthwise', { x: [2, 9, 9, 6], out: 12, size: 3, padding: 1, groups: 6 }],
  ['one channel', { x: [2, 9, 9, 1], out: 6, size: 3, padding: 1 }],
]

for (const threads of [1, 2])
  describe(`fused kernels on ${threads} threads`, () => {
    let dispose: () => void
    beforeAll(async () => {
      ;({ dispose } = await useWasm({ threads }))
    })
    afterAll(() => dispose())

    it.each(cases)('are a convolution, its bias, the residual and the activation: %s', (_, example) => {
      for (const activation of ['linear', 'relu', 'relu6'] as const)
        expect(differenceOf(example, activation)).toBeLessThan(2e-5)
    })

    it('add the residual of each image, also where some are convolved otherwise', () => {
      const example: Case = { x: [3, 30, 29, 16], out: 16, size: 3, padding: 1 }
      expect(differenceOf(example, 'relu', 1e4)).toBeLessThan(2e-5)
    })

    it('are a factor, a summand, the residual and the activation', () => {
      for (const channels of [16, 5])
        for (const perSample of [false, true])
          for (const activation of ['linear', 'relu', 'relu6'] as const) {
            const [x, residual] = [draw([3, 8, 7, channels], 1), draw([3, 8, 7, channels], 2)]
            const scale = draw(perSample ? [3, 1, 1, channels] : [channels], 3)
            const shift = draw([channels], 4)
            for (const more of [{}, { shift }, { residual }, { shift, residual }] as const)
              tf.tidy(() => {
                let expected = tf.mul(x, scale)
                for (const other of Object.values(more)) expected = tf.add(expected, other)
                const y = run('ScaleShift', { x, scale, ...more }, { activation })
                expect(difference(y, activations[activation](expected))).toBeLessThan(1e-6)
              })
            tf.dispose([x, residual, scale, shift])
          }
    })

    it('keep NaN', () => {
      const x = tf.fill([1, 2, 2, 4], Number.NaN)
      const filter = tf.ones([1, 1, 4, 4])
      const window = { stride: 1, padding: 0, dilation: 1, groups: 1, activation: 'relu' }
      expect(run('FusedConvolution', { x, filter }, window).dataSync().every(Number.isNaN)).toBe(true)
      expect(
        run('ScaleShift', { x, scale: tf.ones([4]) }, { activation: 'relu' })
          .dataSync()
          .every(Number.isNaN),
      ).toBe(true)
    })
  })
