import * as tf from '@tensorflow/tfjs-core'
import { applyConv2d } from '@resfn/conv2d'
import { dilateFilter } from '@resfn/primitive'
import type { CorpusCase, Outputs } from '../corpus-case.ts'
import { noise, runFor } from '../values.ts'
import { upstream, withGradients } from '../with-gradients.ts'

type Pad = 'same' | 'valid' | number | [[0, 0], [number, number], [number, number], [0, 0]]
type Plain = {
  readonly batch: number
  readonly height: number
  readonly width: number
  readonly from: number
  readonly to: number
  readonly size: number
  readonly stride: number
  readonly pad: Pad
}

const sides = (top: number, bottom: number, left: number, right: number): Pad => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
]

/** A convolution and both gradients, by kernels of tfjs. */
export const plainConvolution = (of: Plain): CorpusCase => ({
  name: `Conv2D and its gradients, ${JSON.stringify(of)}`,
  tolerance: 1e-4,
  compute: () => {
    const { batch, height, width, from, to, size, stride, pad } = of
    const x = noise(1, batch, height, width, from)
    const filter = noise(2, size, size, from, to)
    const attributes = {
      strides: [stride, stride],
      pad,
      dataFormat: 'NHWC',
      dilations: [1, 1],
      dimRoundingMode: 'floor',
    }
    const y = runFor('Conv2D', { x, filter }, attributes)
    const dy = noise(3, ...y.shape)
    return {
      y,
      dx: runFor('Conv2DBackpropInput', { dy, filter }, { ...attributes, inputShape: x.shape }),
      dfilter: runFor('Conv2DBackpropFilter', { x, dy }, { ...attributes, filterShape: filter.shape }),
    }
  },
})

const base: Plain = { batch: 3, height: 9, width: 8, from: 5, to: 17, size: 3, stride: 1, pad: 1 }

const plain: readonly Plain[] = [
  base,
  { ...base, batch: 1, stride: 2 },
  { ...base, from: 1, to: 16 },
  { ...base, from: 3, to: 64, stride: 2 },
  { ...base, from: 16, to: 17, size: 1, pad: 0 },
  { ...base, from: 17, to: 16, size: 1, pad: 0, stride: 2 },
  { ...base, from: 16, to: 16 },
  { ...base, batch: 2, from: 64, to: 64, height: 5, width: 5 },
  { ...base, batch: 2, from: 64, to: 32, height: 12, width: 12 },
  { ...base, batch: 5, from: 24, to: 12, height: 12, width: 13 },
  { ...base, batch: 4, from: 12, to: 4, height: 12, width: 12 },
  { ...base, batch: 2, from: 300, to: 20, size: 1, pad: 0, height: 20, width: 24 },
  { ...base, batch: 5, from: 8, to: 24, height: 13, width: 10, pad: 2 },
  { ...base, batch: 5, from: 24, to: 8, height: 11, width: 14, pad: 'valid' },
  { ...base, batch: 4, from: 16, to: 16, height: 12, width: 9, pad: sides(0, 2, 1, 0) },
  { ...base, from: 4, to: 8, size: 5, pad: 2, stride: 2 },
  { ...base, from: 1, to: 8, size: 7, pad: 3, stride: 2 },
  { ...base, from: 3, to: 5, size: 7, pad: 3 },
  { ...base, pad: 'same', stride: 2 },
  { ...base, pad: 'same', height: 8, stride: 2 },
  { ...base, pad: 'valid', stride: 2 },
  { ...base, pad: 2 },
  { ...base, pad: sides(1, 2, 0, 3) },
  { ...base, pad: sides(0, 1, 0, 1), stride: 2, from: 8, to: 12 },
  // One pixel, one channel, one sample; a filter larger than the image; a stride larger than the filter.
  { ...base, batch: 1, height: 1, width: 1, from: 1, to: 1, size: 1, pad: 0 },
  { ...base, batch: 1, height: 2, width: 3, pad: 1 },
  { ...base, height: 1, width: 9, pad: 1 },
  { ...base, size: 2, pad: 0, stride: 3 },
]

type Depthwise = {
  readonly shape: readonly [batch: number, height: number, width: number, channels: number]
  readonly filter: readonly [height: number, width: number, multiplier: number]
  readonly strides: readonly [number, number]
  readonly pad: Pad
}

const depthwise = (of: Depthwise): CorpusCase => ({
  name: `DepthwiseConv2dNative and its gradients, ${JSON.stringify(of)}`,
  compute: () => {
    const { shape, strides, pad } = of
    const filterShape = [of.filter[0], of.filter[1], shape[3], of.filter[2]]
    const attributes = { strides, pad, dataFormat: 'NHWC', dilations: [1, 1], dimRoundingMode: 'floor' }
    const [x, filter] = [noise(1, ...shape), noise(2, ...filterShape)]
    const y = runFor('DepthwiseConv2dNative', { x, filter }, attributes)
    const dy = noise(3, ...y.shape)
    return {
      y,
      dx: runFor('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { ...attributes, inputShape: shape }),
      dfilter: runFor('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { ...attributes, filterShape }),
    }
  },
})

const depthwiseCases: readonly Depthwise[] = [
  ...[1, 3, 4, 17, 64].flatMap((channels) =>
    [1, 2, 3].map((multiplier): Depthwise => ({
      shape: [3, 9, 12, channels],
      filter: [3, 3, multiplier],
      strides: [1, 1],
      pad: 'same',
    })),
  ),
  { shape: [1, 1, 2, 1], filter: [2, 1, 1], strides: [2, 2], pad: 'same' },
  { shape: [2, 8, 7, 5], filter: [3, 2, 2], strides: [2, 2], pad: sides(1, 0, 2, 1) },
  { shape: [2, 7, 8, 8], filter: [5, 5, 1], strides: [2, 2], pad: 2 },
]

type Grouped = Omit<Plain, 'pad'> & {
  readonly groups: number
  readonly padding: number
  readonly dilation: number
}

const groupedInputs = ({ batch, height, width, from, to, size, groups }: Grouped) => ({
  x: noise(1, batch, height, width, from),
  weight: noise(2, size, size, from / groups, to),
})

/** One plain convolution a group, with zeros between the taps of a dilated filter. */
const byGroup = (of: Grouped): Outputs => {
  const { x, weight } = groupedInputs(of)
  const { groups, stride, padding, dilation } = of
  const geometry = { strides: [stride, stride], pad: padding, dilations: [1, 1], dataFormat: 'NHWC' }
  const [xs, weights] = [tf.split(x, groups, 3), tf.split(weight, groups, 3)]
  const joined = (f: (group: number) => tf.Tensor): tf.Tensor =>
    tf.concat(
      xs.map((_, group) => f(group)),
      3,
    )
  const wide = weights.map((part) => dilateFilter(part, [dilation, dilation]))
  const y = joined((group) => runFor('Conv2D', { x: xs[group]!, filter: wide[group]! }, geometry))
  const dys = tf.split(upstream(y.shape), groups, 3)
  const dwide = joined((group) =>
    runFor(
      'Conv2DBackpropFilter',
      { x: xs[group]!, dy: dys[group]! },
      { ...geometry, filterShape: wide[group]!.shape },
    ),
  )
  return {
    y,
    dx: joined((group) =>
      runFor(
        'Conv2DBackpropInput',
        { dy: dys[group]!, filter: wide[group]! },
        { ...geometry, inputShape: xs[group]!.shape },
      ),
    ),
    dweight: tf.stridedSlice(dwide, [0, 0, 0, 0], dwide.shape, [dilation, dilation, 1, 1]),
  }
}

const grouped = (of: Grouped): CorpusCase => ({
  name: `GroupedConv2D and its gradients, ${JSON.stringify(of)}`,
  tolerance: 1e-4,
  compute: () =>
    withGradients(({ x, weight }) => {
      const { stride, padding, dilation, groups } = of
      return applyConv2d({ weight: weight! }, x!, { stride, padding, dilation, groups })
    }, groupedInputs(of)),
  reference: () => byGroup(of),
})

/** The kernels by name, with stride and dilation together, which the op does not ask for. */
const groupedByName = (of: Grouped): CorpusCase => ({
  name: `the kernels of GroupedConv2D, ${JSON.stringify(of)}`,
  tolerance: 1e-4,
  compute: () => {
    // Once the op has run, a backend without these kernels has the portable forms.
    withGradients(({ x, weight }) => applyConv2d({ weight: weight! }, x!, { groups: of.groups }), groupedInputs(of))
    const { x, weight: filter } = groupedInputs(of)
    const { stride, padding, dilation, groups } = of
    const window = { stride, padding, dilation, groups }
    const y = runFor('GroupedConv2D', { x, filter }, window)
    const dy = upstream(y.shape)
    return {
      y,
      dx: runFor('GroupedConv2DBackpropInput', { dy, filter }, { ...window, inputShape: x.shape }),
      dweight: runFor('GroupedConv2DBackpropFilter', { x, dy }, { ...window, filterShape: filter.shape }),
    }
  },
  reference: () => byGroup(of),
})

const inGroups: Grouped = {
  batch: 2,
  height: 7,
  width: 6,
  from: 16,
  to: 16,
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

const groupedCases: readonly Grouped[] = [
  ...perGroup.flatMap(([from, to]) =>
    [1, 2].map((stride) => ({ ...inGroups, batch: 1, from: 2 * from, to: 2 * to, groups: 2, stride })),
  ),
  ...perGroup.map(([from, to]) => ({
    ...inGroups,
    batch: 1,
    from: 2 * from,
    to: 2 * to,
    groups: 2,
    size: 1,
    padding: 0,
  })),
  { ...inGroups, batch: 1, from: 128, to: 128, groups: 32 },
  { ...inGroups, batch: 1, height: 9, from: 128, to: 128, groups: 32, stride: 2 },
  { ...inGroups, batch: 3, height: 13, width: 29 },
  { ...inGroups, batch: 3, height: 13, width: 29, stride: 2 },
  { ...inGroups, size: 5, padding: 2 },
  { ...inGroups, size: 7, padding: 3, stride: 2 },
  { ...inGroups, size: 2, padding: 0, stride: 2 },
  { ...inGroups, padding: 0 },
  { ...inGroups, padding: 2 },
  { ...inGroups, padding: 2, dilation: 2 },
  { ...inGroups, from: 32, to: 32, padding: 2, dilation: 2 },
  { ...inGroups, height: 3, width: 3 },
  { ...inGroups, height: 1, width: 1 },
  { ...inGroups, size: 1, padding: 0, stride: 2 },
]

const fused = (activation: 'linear' | 'relu' | 'relu6' | 'sigmoid' | 'elu' | 'leakyrelu' | 'prelu'): CorpusCase => ({
  name: `fused convolutions with a bias and ${activation}`,
  tolerance: 1e-4,
  compute: () => {
    const shared = {
      strides: 1,
      bias: noise(4, 6) as tf.Tensor1D,
      activation,
      ...(activation === 'leakyrelu' && { leakyreluAlpha: 0.3 }),
      ...(activation === 'prelu' && { preluActivationWeights: noise(5, 6) }),
    } as const
    const x = noise(1, 2, 7, 7, 6) as tf.Tensor4D
    return {
      dense: tf.fused.conv2d({ ...shared, x, filter: noise(2, 3, 3, 6, 6) as tf.Tensor4D, pad: 1 }),
      depthwise: tf.fused.depthwiseConv2d({ ...shared, x, filter: noise(3, 3, 3, 6, 1) as tf.Tensor4D, pad: 'same' }),
    }
  },
})

/** WebGL packs two by two values; what other kernels leave beyond an odd size is not 0. */
const madeByOthers: CorpusCase = {
  name: 'Conv2D and its gradients of what other kernels made, at odd sizes',
  compute: () => {
    const [x, filter, dy] = [noise(1, 2, 5, 5, 3), noise(2, 3, 3, 3, 5), noise(3, 2, 5, 5, 5)].map((made) =>
      tf.exp(made),
    )
    const attributes = { strides: 1, pad: 1, dataFormat: 'NHWC', dilations: 1, dimRoundingMode: 'floor' }
    return {
      y: runFor('Conv2D', { x: x!, filter: filter! }, attributes),
      dx: runFor('Conv2DBackpropInput', { dy: dy!, filter: filter! }, { ...attributes, inputShape: x!.shape }),
      dfilter: runFor('Conv2DBackpropFilter', { x: x!, dy: dy! }, { ...attributes, filterShape: filter!.shape }),
    }
  },
}

export const convolutions: readonly CorpusCase[] = [
  ...plain.map(plainConvolution),
  madeByOthers,
  ...depthwiseCases.map(depthwise),
  ...groupedCases.map(grouped),
  groupedByName({ ...inGroups, height: 11, padding: 3, dilation: 3, stride: 2 }),
  ...(['linear', 'relu', 'relu6', 'sigmoid', 'elu', 'leakyrelu', 'prelu'] as const).map(fused),
]
