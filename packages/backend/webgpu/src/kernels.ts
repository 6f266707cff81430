import { backend_util, util } from '@tensorflow/tfjs-core'
import {
  convolutionKernels,
  depthwiseKernels,
  floatKernel,
  isPerChannel,
  type OwnKernel,
  type OwnKernels,
  primitiveKernel,
} from '@resfn/overlay'
import { reduceAxes } from './channels.ts'
import { filterGradient, forward, inputGradient } from './convolution.ts'
import { tile } from './copying.ts'
import type { Device } from './device.ts'
import { depthwise, depthwiseFilterGradient, depthwiseInputGradient } from './depthwise.ts'
import { add, relu, reluGradient } from './elementwise.ts'
import { batchNormAffine, batchNormTrain, batchNormTrainGradient } from './normalisation.ts'
import { adamStep, momentumStep } from './optimiser.ts'

type Reduction = { readonly axis: number | number[]; readonly keepDims: boolean }

const reduction = (kind: { readonly mean: boolean }): OwnKernel<Device> =>
  floatKernel(['x'], (device, { x }, { axis, keepDims }: Reduction) => {
    const axes = util.parseAxisParam(axis, x.shape).sort((a, b) => a - b)
    const [reduced] = backend_util.computeOutAndReduceShapes(x.shape, axes)
    const shape = keepDims ? backend_util.expandShapeToKeepDim(reduced, axes) : reduced
    return reduceAxes(device, x, { axes, ...kind }, shape)
  })

/** A kernel that leaves data which are not float32 to the kernels of tfjs, whatever the tensors are called. */
const ofFloats =
  (own: OwnKernel<Device>): OwnKernel<Device> =>
  (device, inputs, attributes) =>
    Object.values(inputs).every((input) => input == null || device.holdsFloats(input))
      ? own(device, inputs, attributes)
      : undefined

const ownKernels: OwnKernels<Device> = {
  ...convolutionKernels({ forward, inputGradient, filterGradient }),
  ...depthwiseKernels({
    forward: depthwise,
    inputGradient: depthwiseInputGradient,
    filterGradient: depthwiseFilterGradient,
  }),
  Sum: reduction({ mean: false }),
  Mean: reduction({ mean: true }),
  Relu: floatKernel(['x'], (device, { x }) => relu(device, x)),
  ReluGrad: primitiveKernel('ReluGrad', (device, { dy, y }) => [reluGradient(device, dy, y)]),
  Add: floatKernel(['a', 'b'], (device, { a, b }) =>
    util.arraysEqual(a.shape, b.shape) ? add(device, a, b) : undefined,
  ),
  // With five axes and more, Tile of tfjs reads the tensor from the GPU and waits.
  Tile: floatKernel(['x'], (device, { x }, { reps }: { readonly reps: readonly number[] }) =>
    x.shape.length > 4 && !x.shape.includes(0) && !reps.includes(0) ? tile(device, x, reps) : undefined,
  ),
  MomentumStep: primitiveKernel('MomentumStep', momentumStep),
  AdamStep: primitiveKernel('AdamStep', adamStep),
  FusedBatchNorm: floatKernel(
    ['x', 'mean', 'variance'],
    (
      device,
      { x, mean, variance, offset: bias, scale: weight },
      { varianceEpsilon = 0.001 }: { readonly varianceEpsilon?: number },
    ) => {
      const channels = x.shape.at(-1) ?? 1
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

/** Our kernels, by the names of tfjs or of @resfn/primitive. */
export const kernels: OwnKernels<Device> = Object.fromEntries(
  Object.entries(ownKernels).map(([name, own]) => [name, ofFloats(own)]),
)
