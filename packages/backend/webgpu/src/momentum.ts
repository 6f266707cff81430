import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Contracts } from '@resfn/primitive'
import type { Device } from './device.ts'
import { elementwise } from './elementwise.ts'

/** The next parameter and velocity of gradient descent with momentum. */
export const momentumStep = (
  device: Device,
  inputs: Contracts<TensorInfo>['MomentumStep']['inputs'],
  { learningRate, momentum, nesterov }: Contracts['MomentumStep']['settings'],
): [TensorInfo, TensorInfo] => {
  const { next, kept } = elementwise(device, inputs.param.shape, {
    name: nesterov ? 'step with momentum of Nesterov' : 'step with momentum',
    whole: { param: inputs.param, gradient: inputs.gradient, velocity: inputs.velocity },
    outputs: ['next', 'kept'],
    numbers: [learningRate, momentum],
    code: `
  let v = numbers.y * velocity[i] + gradient[i];
  kept[i] = v;
  next[i] = param[i] - numbers.x * ${nesterov ? '(numbers.y * v + gradient[i])' : 'v'};`,
  })
  return [next, kept]
}
