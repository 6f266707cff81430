import { util } from '@tensorflow/tfjs-core'
import {
  type ConvolutionFunctions,
  convolutionKernels,
  floatKernel,
  type OwnKernel,
  type OwnKernels,
  primitiveKernel,
} from '@resfn/overlay'
import { forward, inputGradient } from './convolution.ts'
import type { Device } from './device.ts'
import { add, relu, relu6, reluGradient } from './elementwise.ts'
import { filterGradient } from './filter-gradient.ts'
import { batchNormTrain, batchNormTrainGradient } from './normalisation.ts'
import { adamStep, momentumStep } from './optimiser.ts'
import { inPairs } from './window.ts'

const convolution: ConvolutionFunctions<Device> = {
  forward: (device, info, inputs) => (inPairs(info) ? forward(device, info, inputs) : undefined),
  inputGradient: (device, info, inputs) => (inPairs(info) ? inputGradient(device, info, inputs) : undefined),
  filterGradient: (device, info, inputs) => (inPairs(info) ? filterGradient(device, info, inputs) : undefined),
}

/** A kernel that leaves small values, which tfjs keeps off the GPU, to the kernels of tfjs. */
const onGpu =
  (own: OwnKernel<Device>): OwnKernel<Device> =>
  (device, inputs, attributes) => {
    const given = Object.values(inputs).filter((input) => input != null)
    return device.backend.shouldExecuteOnCPU(given) ? undefined : own(device, inputs, attributes)
  }

/** Our kernels, by the names of tfjs or of @resfn/primitive. */
export const kernels: OwnKernels<Device> = {
  ...convolutionKernels(convolution),
  Relu: onGpu(floatKernel(['x'], (device: Device, { x }) => relu(device, x))),
  Relu6: onGpu(floatKernel(['x'], (device: Device, { x }) => relu6(device, x))),
  ReluGrad: primitiveKernel('ReluGrad', (device, { dy, y }) => [reluGradient(device, dy, y)]),
  Add: onGpu(
    floatKernel(['a', 'b'], (device: Device, { a, b }) =>
      util.arraysEqual(a.shape, b.shape) ? add(device, a, b) : undefined,
    ),
  ),
  MomentumStep: primitiveKernel('MomentumStep', momentumStep),
  AdamStep: primitiveKernel('AdamStep', adamStep),
  BatchNormTrain: primitiveKernel('BatchNormTrain', (device, inputs, { epsilon }) =>
    batchNormTrain(device, inputs, epsilon),
  ),
  BatchNormTrainGrad: primitiveKernel('BatchNormTrainGrad', (device, inputs, { epsilon }) =>
    batchNormTrainGradient(device, inputs, epsilon),
  ),
}
