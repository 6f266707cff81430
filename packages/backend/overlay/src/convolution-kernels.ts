import type { TensorInfo } from '@tensorflow/tfjs-core'
import {
  type ConvolutionAttributes,
  type ConvolutionInfo,
  convolutionInfo,
  depthwiseInfo,
  groupedInfo,
} from './geometry.ts'
import { floatKernel, type OwnKernels, primitiveKernel } from './own-kernel.ts'

type Named<N extends string> = { readonly [name in N]: TensorInfo }
type Shaped<N extends string> = { readonly [name in N]: readonly number[] }

/** A convolution and its gradients on a device; undefined for a geometry that is left to tfjs. */
export type ConvolutionFunctions<D> = {
  readonly forward: (device: D, info: ConvolutionInfo, inputs: Named<'x' | 'filter'>) => TensorInfo | undefined
  readonly inputGradient: (device: D, info: ConvolutionInfo, inputs: Named<'dy' | 'filter'>) => TensorInfo | undefined
  readonly filterGradient: (device: D, info: ConvolutionInfo, inputs: Named<'x' | 'dy'>) => TensorInfo | undefined
}

const one = (tensor: TensorInfo | undefined): readonly [TensorInfo] | undefined => tensor && [tensor]

/**
 * The kernels of tfjs and of `@resfn/primitive` for convolutions with channels last, dense and in groups, over three
 * functions of a device.
 */
export const convolutionKernels = <D>({
  forward,
  inputGradient,
  filterGradient,
}: ConvolutionFunctions<D>): OwnKernels<D> => ({
  Conv2D: floatKernel(['x', 'filter'], (device: D, { x, filter }, attributes: ConvolutionAttributes) => {
    const info = convolutionInfo(x.shape, filter.shape, attributes)
    return info && forward(device, info, { x, filter })
  }),
  Conv2DBackpropInput: floatKernel(
    ['dy', 'filter'],
    (device: D, { dy, filter }, attributes: ConvolutionAttributes & Shaped<'inputShape'>) => {
      const info = convolutionInfo(attributes.inputShape, filter.shape, attributes)
      return info && inputGradient(device, info, { dy, filter })
    },
  ),
  Conv2DBackpropFilter: floatKernel(
    ['x', 'dy'],
    (device: D, { x, dy }, attributes: ConvolutionAttributes & Shaped<'filterShape'>) => {
      const info = convolutionInfo(x.shape, attributes.filterShape, attributes)
      return info && filterGradient(device, info, { x, dy })
    },
  ),
  GroupedConv2D: primitiveKernel('GroupedConv2D', (device: D, { x, filter }, settings) => {
    const info = groupedInfo(x.shape, filter.shape, settings)
    return info && one(forward(device, info, { x, filter }))
  }),
  GroupedConv2DBackpropInput: primitiveKernel('GroupedConv2DBackpropInput', (device: D, { dy, filter }, settings) => {
    const info = groupedInfo(settings.inputShape, filter.shape, settings)
    return info && one(inputGradient(device, info, { dy, filter }))
  }),
  GroupedConv2DBackpropFilter: primitiveKernel('GroupedConv2DBackpropFilter', (device: D, { x, dy }, settings) => {
    const info = groupedInfo(x.shape, settings.filterShape, settings)
    return info && one(filterGradient(device, info, { x, dy }))
  }),
})

/** The kernels of tfjs for depthwise convolutions, over three functions of a device. */
export const depthwiseKernels = <D>({
  forward,
  inputGradient,
  filterGradient,
}: ConvolutionFunctions<D>): OwnKernels<D> => ({
  DepthwiseConv2dNative: floatKernel(['x', 'filter'], (device: D, { x, filter }, attributes: ConvolutionAttributes) => {
    const info = depthwiseInfo(x.shape, filter.shape, attributes)
    return info && forward(device, info, { x, filter })
  }),
  DepthwiseConv2dNativeBackpropInput: floatKernel(
    ['dy', 'filter'],
    (device: D, { dy, filter }, attributes: ConvolutionAttributes & Shaped<'inputShape'>) => {
      const info = depthwiseInfo(attributes.inputShape, filter.shape, attributes)
      return info && inputGradient(device, info, { dy, filter })
    },
  ),
  DepthwiseConv2dNativeBackpropFilter: floatKernel(
    ['x', 'dy'],
    (device: D, { x, dy }, attributes: ConvolutionAttributes & Shaped<'filterShape'>) => {
      const info = depthwiseInfo(x.shape, attributes.filterShape, attributes)
      return info && filterGradient(device, info, { x, dy })
    },
  ),
})
