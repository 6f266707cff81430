import { backend_util, slice_util, type Tensor, util } from '@tensorflow/tfjs-core'
import {
  type ConvolutionAttributes,
  convolutionInfo,
  depthwiseInfo,
  floatKernel,
  groupedInfo,
  isFloat,
  isPerChannel,
  type OwnKernel,
  type OwnKernels,
  primitiveKernel,
} from '@resfn/overlay'
import { poolInfo, type PoolSettings } from '@resfn/primitive'
import { activate } from './activation.ts'
import { clampOf } from './clamp.ts'
import { filterGradient, forward, inputGradient } from './convolution.ts'
import { concat, pad, slice, split, tile } from './copying.ts'
import { depthwise, depthwiseFilterGradient, depthwiseInputGradient } from './depthwise.ts'
import type { Device } from './device.ts'
import { add, relu, reluGradient } from './elementwise.ts'
import { product } from './matrix-product.ts'
import { adamSteps, addScaled, lambSteps, momentumSteps, scaleAll, squareSums } from './optimiser.ts'
import { batchNormAffine, batchNormTrain, batchNormTrainGradient, scaleShift } from './normalisation.ts'
import { poolGradient } from './pooling.ts'
import { emptySum, reduce } from './reduction.ts'
import { channelsOf, sizeOf } from './shape.ts'

type Shaped<N extends string> = { readonly [name in N]: readonly number[] }
type Fused = { readonly activation?: string; readonly leakyreluAlpha?: number }
type Reduction = { readonly axis: number | number[]; readonly keepDims: boolean }
type Transposition = { readonly transposeA?: boolean; readonly transposeB?: boolean }

const matMul: OwnKernel<Device> = floatKernel(
  ['a', 'b'],
  (
    device,
    { a, b, bias, preluActivationWeights },
    { activation, transposeA = false, transposeB = false }: Fused & Transposition,
  ) => {
    const clamp = clampOf(activation)
    if (clamp === undefined || preluActivationWeights != null) return undefined
    return product(device, { a, b, bias }, { transposeA, transposeB, clamp })
  },
)

/** Our kernels, by the names of tfjs or of @resfn/primitive. */
export const kernels: OwnKernels<Device> = {
  Conv2D: floatKernel(['x', 'filter'], (device, { x, filter }, attributes: ConvolutionAttributes) => {
    const info = convolutionInfo(x.shape, filter.shape, attributes)
    return info && forward(device, info, { x, filter })
  }),
  FusedConv2D: floatKernel(
    ['x', 'filter'],
    (device, { x, filter, bias, preluActivationWeights }, attributes: ConvolutionAttributes & Fused) => {
      const clamp = clampOf(attributes.activation)
      if (clamp === undefined || preluActivationWeights != null) return undefined
      const info = convolutionInfo(x.shape, filter.shape, attributes)
      if (info === undefined) return undefined
      if (bias == null) return forward(device, info, { x, filter }, clamp)
      return isPerChannel(bias, info.outChannels) ? forward(device, info, { x, filter, bias }, clamp) : undefined
    },
  ),
  BatchMatMul: matMul,
  _FusedMatMul: matMul,
  Conv2DBackpropInput: floatKernel(
    ['dy', 'filter'],
    (device, { dy, filter }, attributes: ConvolutionAttributes & Shaped<'inputShape'>) => {
      const info = convolutionInfo(attributes.inputShape, filter.shape, attributes)
      return info && inputGradient(device, info, { dy, filter })
    },
  ),
  Conv2DBackpropFilter: floatKernel(
    ['x', 'dy'],
    (device, { x, dy }, attributes: ConvolutionAttributes & Shaped<'filterShape'>) => {
      const info = convolutionInfo(x.shape, attributes.filterShape, attributes)
      return info && filterGradient(device, info, { x, dy })
    },
  ),
  GroupedConv2D: primitiveKernel('GroupedConv2D', (device, { x, filter }, settings) => {
    const info = groupedInfo(x.shape, filter.shape, settings)
    return info && [forward(device, info, { x, filter })]
  }),
  GroupedConv2DBackpropInput: primitiveKernel('GroupedConv2DBackpropInput', (device, { dy, filter }, settings) => {
    const info = groupedInfo(settings.inputShape, filter.shape, settings)
    return info && [inputGradient(device, info, { dy, filter })]
  }),
  GroupedConv2DBackpropFilter: primitiveKernel('GroupedConv2DBackpropFilter', (device, { x, dy }, settings) => {
    const info = groupedInfo(x.shape, settings.filterShape, settings)
    return info && [filterGradient(device, info, { x, dy })]
  }),
  FusedConvolution: primitiveKernel('FusedConvolution', (device, inputs, { activation, ...window }) => {
    const { x, filter } = inputs
    const [height, width, depth, out] = filter.shape as [number, number, number, number]
    const channels = channelsOf(x)
    if (depth === 1 && window.groups === channels && channels > 1) {
      const { stride: strides, padding: pad, dilation: dilations } = window
      const info = depthwiseInfo(x.shape, [height, width, channels, out / channels], { strides, pad, dilations })
      return info && [depthwise(device, info, inputs, clampOf(activation))]
    }
    const info = groupedInfo(x.shape, filter.shape, window)
    return info && [forward(device, info, inputs, clampOf(activation))]
  }),
  ScaleShift: primitiveKernel('ScaleShift', (device, inputs, { activation }) => [
    scaleShift(device, inputs, clampOf(activation)!),
  ]),
  DepthwiseConv2dNative: floatKernel(['x', 'filter'], (device, { x, filter }, attributes: ConvolutionAttributes) => {
    const info = depthwiseInfo(x.shape, filter.shape, attributes)
    return info && depthwise(device, info, { x, filter })
  }),
  FusedDepthwiseConv2D: floatKernel(
    ['x', 'filter'],
    (device, { x, filter, bias, preluActivationWeights }, attributes: ConvolutionAttributes & Fused) => {
      const info = depthwiseInfo(x.shape, filter.shape, attributes)
      if (info === undefined || (bias != null && !isPerChannel(bias, info.outChannels))) return undefined
      const clamp = clampOf(attributes.activation)
      const y = depthwise(device, info, { x, filter, bias }, clamp)
      return clamp === undefined ? activate(device, y, attributes, preluActivationWeights) : y
    },
  ),
  DepthwiseConv2dNativeBackpropInput: floatKernel(
    ['dy', 'filter'],
    (device, { dy, filter }, attributes: ConvolutionAttributes & Shaped<'inputShape'>) => {
      const info = depthwiseInfo(attributes.inputShape, filter.shape, attributes)
      return info && depthwiseInputGradient(device, info, { dy, filter })
    },
  ),
  DepthwiseConv2dNativeBackpropFilter: floatKernel(
    ['x', 'dy'],
    (device, { x, dy }, attributes: ConvolutionAttributes & Shaped<'filterShape'>) => {
      const info = depthwiseInfo(x.shape, attributes.filterShape, attributes)
      return info && depthwiseFilterGradient(device, info, { x, dy })
    },
  ),
  MaxPoolGrad: floatKernel(['dy', 'input'], (device, { dy, input }, attributes: PoolSettings) =>
    poolGradient(device, 'max', poolInfo(input.shape, attributes), { dy, x: input }),
  ),
  AvgPoolGrad: floatKernel(['dy', 'input'], (device, { dy, input }, attributes: PoolSettings) =>
    poolGradient(device, 'avg', poolInfo(input.shape, attributes), { dy, x: input }),
  ),
  // tfjs copies; a tensor that is saved for the gradient is an Identity, so nothing on the heap may be copied for it.
  Identity: (device, { x }) => {
    if (x == null || x.dtype === 'string') return undefined
    device.backend.incRef(x.dataId as object)
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype }
  },
  Slice: floatKernel(
    ['x'],
    (device, { x }, { begin, size }: { readonly begin: number | number[]; readonly size: number | number[] }) => {
      const tensor = x as Parameters<typeof slice_util.parseSliceParams>[0]
      const [first, lengths] = slice_util.parseSliceParams(tensor, begin, size) as [number[], number[]]
      slice_util.assertParamsValid(tensor, first, lengths)
      return sizeOf(lengths) > 0 ? slice(device, x, { begin: first, size: lengths }) : undefined
    },
  ),
  Concat: (device, inputs, { axis }: { readonly axis?: number }) => {
    const xs = Object.values(inputs)
    if (!xs.every(isFloat)) return undefined
    const [along] = util.parseAxisParam(axis ?? 0, xs[0]!.shape)
    backend_util.assertParamsConsistent(
      xs.map(({ shape }) => shape),
      along!,
    )
    return concat(device, xs, along!)
  },
  SplitV: floatKernel(
    ['x'],
    (
      device,
      { x },
      { numOrSizeSplits, axis: given }: { readonly numOrSizeSplits: number | number[]; readonly axis: number },
    ) => {
      const axis = util.parseAxisParam(given, x.shape)[0]!
      const lengths = backend_util.prepareSplitSize(x as Tensor, numOrSizeSplits, axis)
      return lengths.every((length) => length > 0) ? split(device, x, lengths, axis) : undefined
    },
  ),
  PadV2: floatKernel(
    ['x'],
    (
      device,
      { x },
      {
        paddings,
        constantValue,
      }: { readonly paddings: readonly (readonly [number, number])[]; readonly constantValue: number },
    ) => (constantValue === 0 ? pad(device, x, paddings) : undefined),
  ),
  Tile: floatKernel(['x'], (device, { x }, { reps }: { readonly reps: readonly number[] }) =>
    reps.length === x.shape.length && reps.every((count) => count > 0) ? tile(device, x, reps) : undefined,
  ),
  // tfjs leaves what lies in memory where there is nothing to add.
  Sum: (device, { x }, attributes) => {
    if (x?.dtype !== 'float32') return undefined
    if (sizeOf(x.shape) === 0) return emptySum(device, x, attributes as Reduction)
    return reduce(device, 'sum', x, attributes as Reduction)
  },
  Mean: floatKernel(['x'], (device, { x }, attributes: Reduction) => reduce(device, 'mean', x, attributes)),
  Relu: floatKernel(['x'], (device, { x }) => relu(device, x)),
  Add: floatKernel(['a', 'b'], (device, { a, b }) =>
    util.arraysEqual(a.shape, b.shape) ? add(device, a, b) : undefined,
  ),
  MomentumSteps: primitiveKernel('MomentumSteps', momentumSteps),
  AdamSteps: primitiveKernel('AdamSteps', adamSteps),
  LambSteps: primitiveKernel('LambSteps', lambSteps),
  AddScaled: primitiveKernel('AddScaled', addScaled),
  ScaleAll: primitiveKernel('ScaleAll', scaleAll),
  SquareSums: primitiveKernel('SquareSums', squareSums),
  ReluGrad: primitiveKernel('ReluGrad', (device, { dy, y }) => [reluGradient(device, dy, y)]),
  FusedBatchNorm: floatKernel(
    ['x', 'mean', 'variance'],
    (
      device,
      { x, mean, variance, offset: bias, scale: weight },
      { varianceEpsilon = 0.001 }: { readonly varianceEpsilon?: number },
    ) => {
      const channels = channelsOf(x)
      if (!isPerChannel(mean, channels) || !isPerChannel(variance, channels)) return undefined
      if (!isPerChannel(bias, channels) || !isPerChannel(weight, channels)) return undefined
      return batchNormAffine(device, { x, mean, variance, weight, bias }, varianceEpsilon)
    },
  ),
  BatchNormTrain: primitiveKernel('BatchNormTrain', (device, inputs, { epsilon }) =>
    batchNormTrain(device, inputs, epsilon),
  ),
  BatchNormTrainGrad: primitiveKernel('BatchNormTrainGrad', (device, inputs, { epsilon }) =>
    batchNormTrainGradient(device, inputs, epsilon),
  ),
}
