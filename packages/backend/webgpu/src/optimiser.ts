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

/** The next parameter, mean and square of Adam. */
export const adamStep = (
  device: Device,
  { param, gradient, mean, square }: Contracts<TensorInfo>['AdamStep']['inputs'],
  { beta1, beta2, epsilon, rate }: Contracts['AdamStep']['settings'],
): [TensorInfo, TensorInfo, TensorInfo] => {
  const { next, nextMean, nextSquare } = elementwise(device, param.shape, {
    name: 'step of Adam',
    whole: { param, gradient, mean, square },
    outputs: ['next', 'nextMean', 'nextSquare'],
    numbers: [1 - beta1, 1 - beta2, epsilon, rate],
    code: `
  let g = gradient[i];
  let m = mean[i] + (g - mean[i]) * numbers.x;
  let v = square[i] + (g * g - square[i]) * numbers.y;
  nextMean[i] = m;
  nextSquare[i] = v;
  next[i] = param[i] - m * numbers.w / (sqrt(v) + numbers.z);`,
  })
  return [next, nextMean, nextSquare]
}
