import { setFlagsFromString } from 'node:v8'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closeTo, onBackend, values } from './fixtures/parity.ts'
import { useWasm } from './use-wasm.ts'

type Case = {
  readonly batch: number
  readonly height: number
  readonly width: number
  readonly inChannels: number
  readonly outChannels: number
  readonly groups: number
  readonly size: number
  readonly stride: number
  readonly padding: number
  readonly dilation: number
}

const show = (example: Case): string =>
  Object.entries(example)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')

type Geometry = { readonly strides: [number, number]; readonly pad: number; readonly dilations: [number, number] }

// Forward, input gradient and filter gradient, one plain convolution a group on the plain backend.
const expected = ({ groups, size, stride, padding, dilation, ...example }: Case): Promise<Float32Array[]> =>
  onBackend('cpu', () => {
    const { x, filter, dy } = inputs({ groups, size, stride, padding, dilation, ...example })
    const [xs, filters, dys] = [tf.split(x, groups, 3), tf.split(filter, groups, 3), tf.split(dy, groups, 3)]
    const run = (f: (x: tf.Tensor4D, filter: tf.Tensor4D, dy: tf.Tensor4D) => tf.Tensor): tf.Tensor =>
      tf.concat(
        xs.map((part, g) => f(part as tf.Tensor4D, filters[g] as tf.Tensor4D, dys[g] as tf.Tensor4D)),
        3,
      )
    const wide = (shape: number[]): number[] => [
      (size - 1) * dilation + 1,
      (size - 1) * dilation + 1,
      ...shape.slice(2),
    ]
    // With zeros between its taps a dilated filter is a plain one.
    const spread = (plain: tf.Tensor): tf.Tensor => {
      const buffer = tf.buffer(wide(plain.shape) as [number, number, number, number], 'float32')
      const at = plain.bufferSync() as unknown as tf.TensorBuffer<tf.Rank.R4>
      for (let u = 0; u < size; u++)
        for (let v = 0; v < size; v++)
          for (let c = 0; c < plain.shape[2]!; c++)
            for (let o = 0; o < plain.shape[3]!; o++) buffer.set(at.get(u, v, c, o), u * dilation, v * dilation, c, o)
      return buffer.toTensor()
    }
    const geometry: Geometry = { strides: [stride, stride], pad: padding, dilations: [1, 1] }
    const kernel = (name: string, given: tf.NamedTensorMap, more: object): tf.Tensor =>
      tf.engine().runKernel(name, given, { ...geometry, dataFormat: 'NHWC', ...more } as never)
    const dfilter = run((x, filter, dy) =>
      kernel('Conv2DBackpropFilter', { x, dy }, { filterShape: wide(filter.shape) }),
    )
    return [
      run((x, filter) => kernel('Conv2D', { x, filter: spread(filter) }, {})),
      run((x, filter, dy) => kernel('Conv2DBackpropInput', { dy, filter: spread(filter) }, { inputShape: x.shape })),
      tf.stridedSlice(dfilter, [0, 0, 0, 0], dfilter.shape, [dilation, dilation, 1, 1]),
    ]
  })

const inputs = ({
  batch,
  height,
  width,
  inChannels,
  outChannels,
  groups,
  size,
  stride,
  padding,
  dilation,
}: Case): { readonly x: tf.Tensor; readonly filter: tf.Tensor; readonly dy: tf.Tensor } => {
  const along = (extent: number): number => Math.floor((extent + 2 * padding - dilation * (size - 1) - 1) / stride) + 1
  const make = (seed: number, ...shape: number[]): tf.Tensor =>
    tf.tensor(
      values(
        shape.reduce((a, b) => a * b, 1),
        seed,
      ),
      shape,
    )
  return {
    x: make(1, batch, height, width, inChannels),
    filter: make(2, size, size, inChannels / groups, outChannels),
    dy: make(3, batch, along(height), along(width), outChannels),
  }
}

// Every way of running compares with the same values.
const known = new Map<Case, Promise<Float32Array[]>>()
const once = (example: Case): Promise<Float32Array[]> => {
  const values = known.get(example) ?? expected(example)
  known.set(example, values)
  return values
}

const actual = (example: Case): Promise<Float32Array[]> =>
  onBackend('wasm', () => {
    const { x, filter, dy } = inputs(example)
    const { stride, padding, dilation, groups } = example
    const settings = { stride, padding, dilation, groups }
    const run = (name: string, given: tf.NamedTensorMap, more: object = {}): tf.Tensor => {
      const [output] = tf.engine().runKernel(name, given, { ...settings, ...more }) as unknown as tf.Tensor[]
      return output!
    }
    return [
      run('GroupedConv2D', { x, filter }),
      run('GroupedConv2DBackpropInput', { dy, filter }, { inputShape: x.shape }),
      run('GroupedConv2DBackpropFilter', { x, dy }, { filterShape: filter.shape }),
    ]
  })

const base: Case = {
  batch: 2,
  height: 7,
  width: 6,
  inChannels: 16,
  outChannels: 16,
  groups: 4,
  size: 3,
  stride: 1,
  padding: 1,
  dilation: 1,
}

// Every number of channels a group that a routine of its own takes, and some that none does.
const perGroup = [
  [4, 4],
  [8, 8],
  [16, 16],
  [32, 32],
  [64, 64],
  [4, 8],
  [8, 4],
  [12, 4],
  [3, 5],
  [2, 1],
  [16, 24],
] as const

const examples: readonly Case[] = [
  ...perGroup.flatMap(([from, to]) =>
    [1, 2].map((stride) => ({ ...base, batch: 1, inChannels: 2 * from, outChannels: 2 * to, groups: 2, stride })),
  ),
  ...perGroup.map(([from, to]) => ({
    ...base,
    batch: 1,
    inChannels: 2 * from,
    outChannels: 2 * to,
    groups: 2,
    size: 1,
    padding: 0,
  })),
  { ...base, batch: 1, inChannels: 128, outChannels: 128, groups: 32 },
  { ...base, batch: 1, height: 9, inChannels: 128, outChannels: 128, groups: 32, stride: 2 },
  { ...base, batch: 3, height: 13, width: 29 },
  { ...base, batch: 3, height: 13, width: 29, stride: 2 },
  { ...base, size: 5, padding: 2 },
  { ...base, size: 7, padding: 3, stride: 2 },
  { ...base, size: 2, padding: 0, stride: 2 },
  { ...base, padding: 0 },
  { ...base, padding: 2 },
  { ...base, padding: 2, dilation: 2 },
  { ...base, inChannels: 32, outChannels: 32, padding: 2, dilation: 2 },
  { ...base, height: 11, padding: 3, dilation: 3, stride: 2 },
  { ...base, height: 3, width: 3 },
  { ...base, height: 1, width: 1 },
  { ...base, size: 1, padding: 0, stride: 2 },
]

const ways = [
  { threads: 1, relaxed: false },
  { threads: 2, relaxed: true },
]

describe.each(ways)('convolutions in groups, $threads threads, relaxed SIMD: $relaxed', ({ threads, relaxed }) => {
  beforeAll(async () => {
    if (relaxed) setFlagsFromString('--experimental-wasm-relaxed-simd')
    await useWasm({ threads })
  })
  afterAll(() => setFlagsFromString('--no-experimental-wasm-relaxed-simd'))

  it.each(examples.map((example) => [show(example), example] as const))('%s', async (label, example) => {
    const [want, got] = [await once(example), await actual(example)]
    for (const [i, name] of ['forward', 'input gradient', 'filter gradient'].entries())
      closeTo(got[i]!, want[i]!, 1e-4, `${name} of ${label}`)
  })

  it('leaves nothing on the heap', async () => {
    await tf.setBackend('wasm')
    const before = tf.memory().numTensors
    await actual(base)
    expect(tf.memory().numTensors).toBe(before)
  })
})
