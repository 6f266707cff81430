import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Contracts } from '@resfn/primitive'
import type { Device } from './device.ts'

/** The next parameter and velocity of gradient descent with momentum. */
export const momentumStep = (
  device: Device,
  { param, gradient, velocity }: Contracts<TensorInfo>['MomentumStep']['inputs'],
  { learningRate, momentum, nesterov }: Contracts['MomentumStep']['settings'],
): [TensorInfo, TensorInfo] => {
  const { shape } = param
  const [next, kept] = device.run({
    key: `step with momentum ${nesterov ? 'of Nesterov ' : ''}${shape}`,
    outputs: { next: shape, kept: shape },
    inputs: { param, gradient, velocity },
    numbers: [learningRate, momentum],
    code: () => `
  vec4 g = gradient_here;
  kept = numbers.y * velocity_here + g;
  next = param_here - numbers.x * ${nesterov ? '(numbers.y * kept + g)' : 'kept'};`,
  })
  return [next!, kept!]
}

/** The next parameter, mean and square of Adam. */
export const adamStep = (
  device: Device,
  { param, gradient, mean, square }: Contracts<TensorInfo>['AdamStep']['inputs'],
  { beta1, beta2, epsilon, rate }: Contracts['AdamStep']['settings'],
): [TensorInfo, TensorInfo, TensorInfo] => {
  const { shape } = param
  const [next, nextMean, nextSquare] = device.run({
    key: `step of Adam ${shape}`,
    outputs: { next: shape, nextMean: shape, nextSquare: shape },
    inputs: { param, gradient, mean, square },
    numbers: [1 - beta1, 1 - beta2, epsilon, rate],
    code: () => `
  vec4 g = gradient_here;
  vec4 m = mean_here;
  vec4 v = square_here;
  nextMean = m + (g - m) * numbers.x;
  nextSquare = v + (g * g - v) * numbers.y;
  next = param_here - nextMean * numbers.w / (sqrt(nextSquare) + numbers.z);`,
  })
  return [next!, nextMean!, nextSquare!]
}
