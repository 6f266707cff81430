import {
  add,
  conv2d,
  engine,
  mean,
  mul,
  type NamedAttrMap,
  relu,
  step,
  sub,
  type Tensor,
  type Tensor4D,
  tensor,
  tidy,
} from '@tensorflow/tfjs-core'

const shape: [number, number, number, number] = [8, 16, 16, 32]
const filterShape: [number, number, number, number] = [3, 3, 32, 32]

const made = (shape: [number, number, number, number], scale: number): Tensor4D =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => scale * Math.sin(i)),
    shape,
  ) as Tensor4D

const window = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1] }
const run = (name: string, inputs: { readonly [name: string]: Tensor }, more: object): Tensor4D =>
  engine().runKernel<Tensor4D>(name, { ...inputs }, { ...window, ...more } as NamedAttrMap)
const byInput = (dy: Tensor, filter: Tensor): Tensor4D =>
  run('Conv2DBackpropInput', { dy, filter }, { inputShape: shape })
const byFilter = (x: Tensor, dy: Tensor): Tensor4D => run('Conv2DBackpropFilter', { x, dy }, { filterShape })

/** A residual block of two convolutions, forward and backward: y = relu(x + conv(relu(conv(x) - mean))). */
const block = (x: Tensor4D, filter: Tensor4D): Tensor =>
  tidy(() => {
    const first = conv2d(x, filter, 1, 'same')
    const inner = relu(sub(first, mean(first, [0, 1, 2]))) as Tensor4D
    const y = relu(add(x, conv2d(inner, filter, 1, 'same')))
    const dsum = mul(y, step(y))
    const dinner = mul(byInput(dsum, filter), step(inner))
    return mean(add(add(byFilter(inner, dsum), byFilter(x, dinner)), mean(add(dsum, byInput(dinner, filter)))))
  })

/**
 * How long the current backend takes for a training step of a small residual block: 8 images of 16x16x32, two 3x3
 * convolutions and all their gradients, 0.23 GFLOP. The first step, which may compile, does not count.
 *
 * @returns milliseconds, the shorter of two steps
 * @throws what a kernel throws that the backend lacks
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { stepTime, useBackend } from '@resfn/runtime'
 *
 * await useBackend('wasm', { report: () => {} })
 * assert.ok((await stepTime()) > 0)
 * ```
 */
export const stepTime = async (): Promise<number> => {
  const [x, filter] = [made(shape, 1), made(filterShape, 0.1)]
  const timed = async (): Promise<number> => {
    const started = performance.now()
    const result = block(x, filter)
    // A device is done when something is read from it.
    await result.data()
    result.dispose()
    return performance.now() - started
  }
  try {
    await timed()
    return Math.min(await timed(), await timed())
  } finally {
    x.dispose()
    filter.dispose()
  }
}
