import * as tf from '@tensorflow/tfjs-core'
import { expectClose } from '@resfn/test-utils'
import { beforeAll, describe, expect, it } from 'vitest'
import { values } from './fixtures/parity.ts'
import { useWasm } from './use-wasm.ts'

// The sizes of real nets, where other paths of the kernels run than on the small ones that the cpu backend can check: a
// convolution knows no neighbours in its batch, and the filter gradient is a sum over it, so a batch cut in two must
// give the same.
const sizes = [
  { batch: 128, side: 28, from: 1, to: 16, stride: 1 },
  { batch: 128, side: 28, from: 16, to: 16, stride: 1 },
  { batch: 64, side: 28, from: 16, to: 32, stride: 2 },
  { batch: 128, side: 14, from: 32, to: 32, stride: 1 },
  { batch: 128, side: 7, from: 64, to: 64, stride: 1 },
  { batch: 16, side: 24, from: 64, to: 64, stride: 1 },
  { batch: 32, side: 3, from: 256, to: 256, stride: 1 },
  { batch: 7, side: 9, from: 17, to: 33, stride: 1 },
] as const

const run = (name: string, inputs: { readonly [name: string]: tf.Tensor }, settings: object): tf.Tensor =>
  tf.engine().runKernel(name, { ...inputs }, { ...settings } as never)

const part = (x: tf.Tensor, from: number, count: number): tf.Tensor => tf.slice(x, [from, 0, 0, 0], [count, -1, -1, -1])

for (const threads of [1, 2])
  describe(`convolutions of real sizes on ${threads} threads`, () => {
    beforeAll(async () => {
      await useWasm({ threads })
    })

    for (const { batch, side, from, to, stride } of sizes)
      it(`give the same for a batch of ${batch} and its halves, ${side}x${side}x${from} to ${to}, stride ${stride}`, () => {
        tf.tidy(() => {
          const window = { strides: stride, pad: 1, dataFormat: 'NHWC', dilations: 1 }
          const x = tf.tensor(values(batch * side * side * from, 1), [batch, side, side, from])
          const filter = tf.tensor(values(9 * from * to, 2), [3, 3, from, to])
          const forward = (images: tf.Tensor): tf.Tensor => run('Conv2D', { x: images, filter }, window)
          const byInput = (dy: tf.Tensor): tf.Tensor =>
            run('Conv2DBackpropInput', { dy, filter }, { ...window, inputShape: [dy.shape[0], side, side, from] })
          const byFilter = (images: tf.Tensor, dy: tf.Tensor): tf.Tensor =>
            run('Conv2DBackpropFilter', { x: images, dy }, { ...window, filterShape: [3, 3, from, to] })
          const y = forward(x)
          const dy = tf.tensor(values(y.size, 3), y.shape)
          const first = Math.floor(batch / 2)
          const halves = (t: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => [
            part(t, 0, first),
            part(t, first, batch - first),
          ]
          const [[x1, x2], [dy1, dy2]] = [halves(x), halves(dy)]

          expect(tf.getBackend()).toBe('wasm')
          expectClose(y, tf.concat([forward(x1), forward(x2)]), 1e-5)
          expectClose(byInput(dy), tf.concat([byInput(dy1), byInput(dy2)]), 1e-5)
          expectClose(byFilter(x, dy), tf.add(byFilter(x1, dy1), byFilter(x2, dy2)), 5e-5)
        })
      })
  })
