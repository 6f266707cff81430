import { type TensorInfo, util } from '@tensorflow/tfjs-core'
import type { Contracts } from '@resfn/primitive'
import type { Attributes, Device } from './device.ts'

type Train = Contracts<TensorInfo>['BatchNormTrain']
type Gradient = Contracts<TensorInfo>['BatchNormTrainGrad']

const attributesOf = (device: Device, epsilon: number): Attributes => ({
  U: { type: device.backend.binding.TF_FLOAT },
  epsilon: { float: epsilon },
  data_format: { string: 'NHWC' },
  is_training: true,
})

/** Runs on images, which is what TensorFlow normalises, and gives the first output in the shape of the input. */
const onImages = (
  device: Device,
  inputs: readonly TensorInfo[],
  run: (images: readonly TensorInfo[]) => readonly TensorInfo[],
): readonly TensorInfo[] => {
  const { shape } = inputs[0]!
  if (shape.length === 4) return run(inputs)
  const channels = shape.at(-1)!
  const images = inputs.map((x) => device.reshape(x, [util.sizeFromShape(shape) / channels, 1, 1, channels]))
  const [first, ...more] = run(images)
  const shaped = device.reshape(first!, shape)
  for (const tensor of [...images, first!]) device.dispose(tensor)
  return [shaped, ...more]
}

/** Batch normalisation by the batch's own mean and biased variance. */
export const batchNormTrain = (
  device: Device,
  { x, weight, bias }: Train['inputs'],
  { epsilon }: Train['settings'],
): Train['outputs'] => {
  const none = device.write(new Float32Array(0), [0])
  // y, mean, unbiased variance, then what the gradient takes: on the CPU mean and biased variance.
  const [y, mean, unbiased, again, variance] = onImages(device, [x], ([image]) =>
    device.run('FusedBatchNormV3', attributesOf(device, epsilon), [image!, weight, bias, none, none], {
      wanted: 5,
      all: 6,
    }),
  )
  for (const spare of [none, unbiased!, again!]) device.dispose(spare)
  return [y!, mean!, variance!]
}

/** Its gradients, in TensorFlow's closed form. */
export const batchNormTrainGradient = (
  device: Device,
  { dy, x, weight, mean, variance }: Gradient['inputs'],
  { epsilon }: Gradient['settings'],
): Gradient['outputs'] => {
  const none = device.write(new Float32Array(0), [0])
  const [dx, dweight, dbias] = onImages(device, [dy, x], (images) =>
    device.run('FusedBatchNormGradV3', attributesOf(device, epsilon), [...images, weight, mean, variance, none], {
      wanted: 3,
      all: 5,
    }),
  )
  device.dispose(none)
  return [dx!, dweight!, dbias!]
}
