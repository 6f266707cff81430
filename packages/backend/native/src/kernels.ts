import { add, engine, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { floatKernel, type OwnKernel, type OwnKernels, primitiveKernel } from '@resfn/overlay'
import { convolve, dense, depthwise, gradientByFilter, gradientByInput } from './convolution.ts'
import type { Device } from './device.ts'
import {
  type ConvolutionAttributes,
  convolutionOf,
  depthwiseOf,
  groupedAttributes,
  type PoolAttributes,
  poolOf,
} from './geometry.ts'
import { groupedConvolve, groupedGradientByFilter, groupedGradientByInput } from './groups.ts'
import { batchNormTrain, batchNormTrainGradient } from './normalisation.ts'

type Shaped<N extends string> = { readonly [name in N]: readonly number[] }

/** TensorFlow has gradients of dilated convolutions on GPUs alone. */
const isDilated = ({ dilations = 1 }: ConvolutionAttributes): boolean => [dilations].flat().some((one) => one > 1)

/** The kernels of a convolution and of its gradients, under the names of tfjs, which are those of TensorFlow. */
const convolutions = (
  kind: typeof dense | typeof depthwise,
  attributesOf: typeof convolutionOf,
): OwnKernels<Device> => ({
  [kind.forward]: floatKernel(['x', 'filter'], (device, inputs, given: ConvolutionAttributes) => {
    const convolution = attributesOf(inputs.x.shape, inputs.filter.shape, given)
    return convolution && convolve(device, kind, inputs, convolution)
  }),
  [kind.byInput]: floatKernel(
    ['dy', 'filter'],
    (device, inputs, given: ConvolutionAttributes & Shaped<'inputShape'>) => {
      const convolution = isDilated(given) ? undefined : attributesOf(given.inputShape, inputs.filter.shape, given)
      return convolution && gradientByInput(device, kind, inputs, convolution, given.inputShape)
    },
  ),
  [kind.byFilter]: floatKernel(['x', 'dy'], (device, inputs, given: ConvolutionAttributes & Shaped<'filterShape'>) => {
    const convolution = isDilated(given) ? undefined : attributesOf(inputs.x.shape, given.filterShape, given)
    return convolution && gradientByFilter(device, kind, inputs, convolution, given.filterShape)
  }),
})

type Fused = ConvolutionAttributes & { readonly activation?: string; readonly leakyreluAlpha?: number }

/** The kernel of tfjs takes no padding by a number. */
const fusedConvolution: OwnKernel<Device> = floatKernel(['x', 'filter'], (device, inputs, given: Fused) => {
  const { x, filter, bias, preluActivationWeights: slope } = inputs
  const convolution = convolutionOf(x.shape, filter.shape, given)
  if (convolution === undefined) return undefined
  return tidy(() => {
    const y = engine().makeTensorFromTensorInfo(convolve(device, dense, inputs, convolution))
    return device.backend.applyActivation(
      bias == null ? y : add(y, bias as Tensor),
      given.activation ?? 'linear',
      slope,
      given.leakyreluAlpha,
    )
  })
})

const maxPool: OwnKernel<Device> = floatKernel(['x'], ({ run }, { x }, given: PoolAttributes) => {
  const attributes = poolOf(x.shape, given)
  return attributes && run('MaxPool', attributes, [x])[0]
})

const maxPoolGradient: OwnKernel<Device> = floatKernel(
  ['dy', 'input', 'output'],
  ({ run }, { dy, input, output }, given: PoolAttributes) => {
    const attributes = poolOf(input.shape, given)
    return attributes && run('MaxPoolGrad', attributes, [input, output, dy])[0]
  },
)

/** Our kernels, by the names of tfjs or of @resfn/primitive. */
export const kernels: OwnKernels<Device> = {
  ...convolutions(dense, convolutionOf),
  ...convolutions(depthwise, depthwiseOf),
  GroupedConv2D: primitiveKernel('GroupedConv2D', (device, inputs, settings) => {
    const convolution = convolutionOf(inputs.x.shape, inputs.filter.shape, groupedAttributes(settings))
    return convolution && [groupedConvolve(device, inputs, convolution, settings.groups)]
  }),
  GroupedConv2DBackpropInput: primitiveKernel('GroupedConv2DBackpropInput', (device, inputs, settings) => {
    if (settings.dilation > 1) return undefined
    const convolution = convolutionOf(settings.inputShape, inputs.filter.shape, groupedAttributes(settings))
    return convolution && [groupedGradientByInput(device, inputs, convolution, settings)]
  }),
  GroupedConv2DBackpropFilter: primitiveKernel('GroupedConv2DBackpropFilter', (device, inputs, settings) => {
    if (settings.dilation > 1) return undefined
    const convolution = convolutionOf(inputs.x.shape, settings.filterShape, groupedAttributes(settings))
    return convolution && [groupedGradientByFilter(device, inputs, convolution, settings)]
  }),
  FusedConv2D: fusedConvolution,
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGradient,
  // TensorFlow calls the output `features`: the mask is the same.
  ReluGrad: primitiveKernel('ReluGrad', ({ run }, { dy, y }) => [run('ReluGrad', {}, [dy, y])[0]!]),
  // On a GPU cuDNN keeps 1 / sigma and a workspace between the two, which the contract does not carry.
  BatchNormTrain: primitiveKernel('BatchNormTrain', (device, inputs, settings) =>
    device.gpu ? undefined : batchNormTrain(device, inputs, settings),
  ),
  BatchNormTrainGrad: primitiveKernel('BatchNormTrainGrad', (device, inputs, settings) =>
    device.gpu ? undefined : batchNormTrainGradient(device, inputs, settings),
  ),
}
