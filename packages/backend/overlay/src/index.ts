export { type ConvolutionFunctions, convolutionKernels, depthwiseKernels } from './convolution-kernels.ts'
export {
  type ConvolutionAttributes,
  convolutionInfo,
  type ConvolutionInfo,
  depthwiseInfo,
  groupedInfo,
} from './geometry.ts'
export {
  floatKernel,
  isFloat,
  isPerChannel,
  type KernelInputs,
  type KernelOutputs,
  type OwnKernel,
  type OwnKernels,
  primitiveKernel,
} from './own-kernel.ts'
export { type Overlay, overlayKernels } from './overlay-kernels.ts'
export { noteData } from './ownership.ts'
export { UnsupportedInputsError } from './unsupported-inputs.ts'
