import type { Target } from './start.ts'

/** Why a case is excluded; one that takes the backend down with it is not run at all. */
export type Exclusion = string | { readonly reason: string; readonly crashes: true }

/** Cases that a backend is known to fail, by name or by the beginning of names that ends in `*`, and why. */
export type Exclusions = { readonly [name: string]: Exclusion }

/** The exclusion of a case, or undefined. */
export const exclusionOf = (exclusions: Exclusions, name: string): Exclusion | undefined =>
  Object.entries(exclusions).find(([pattern]) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  )?.[1]

/** Why, in words. */
export const reasonOf = (exclusion: Exclusion): string => (typeof exclusion === 'string' ? exclusion : exclusion.reason)

// Faults that the kernels of tfjs have on several backends.
const broadcast = 'BatchMatMul of tfjs cannot broadcast batches on both sides'
const ties = 'MaxPoolGrad of tfjs gives a tie to the last element'
const padded = 'AvgPoolGrad of tfjs divides by the whole window at the padding, where its AvgPool does not'
const float32 = 'sums are added in float32, and differ by a few units in the last place for each factor of ten'
const empty = 'the sum of tfjs over an axis without an element fails'

const stock: Exclusions = {
  'matMul of batches [2,1] and [1,3]': broadcast,
  'matMul of batches [2,1] and [3]': broadcast,
  'matMul of batches [3] and [2,1]': broadcast,
  'matMul of batches [2,1,2] and [1,3,1]': broadcast,
  'AvgPoolGrad is the gradient of avgPool with padding too': padded,
}

const onGpu: Exclusions = {
  ...stock,
  'MaxPoolGrad gives a tie to the first element in row-major order': ties,
  'sums over an axis without an element': empty,
}

const wgsl = 'the shader of tfjs that transposes is not valid WGSL for int32, and spoils what is submitted with it'
const crash: Exclusion = {
  reason: 'the software renderer of Chromium crashes, and the device is lost',
  crashes: true,
}
const cumsum = 'Cumsum of tfjs is wrong along the last axis on WebGPU'
const driver = 'the precision of the driver'

const channelsLast = 'TensorFlow convolves channels first on GPUs alone'
const unpadded = 'AvgPool of tfjs-node takes padding by name alone'

/** What fails with the kernels of resfn too, because it is left to tfjs. */
const ofTfjsOnWebgpu: Exclusions = {
  ...onGpu,
  'NaN goes through activations and sums': 'Relu6 and Sigmoid of tfjs turn NaN into 0 on WebGPU',
  'a pad of five axes': 'the shader of tfjs that pads five axes is not valid WGSL',
  'sums, means, largest and smallest of [1]': 'ArgMax of tfjs keeps the axis of a vector of one on WebGPU',
  'the gradient of Max, axis 0*': wgsl,
  'the gradient of Min, axis 0*': wgsl,
  'the gradient of Prod, axis 0*': wgsl,
  'the gradient of Prod, axis -1*': wgsl,
  'the gradient of Max, axis [0,2]*': wgsl,
  'the gradient of Min, axis [0,2]*': wgsl,
  'the gradient of Prod, axis [0,2]*': wgsl,
  'the gradient of Cumsum, axis 1*': cumsum,
}

/** What fails with the kernels of resfn too, because it is left to tfjs. */
const ofTfjsOnWebgl: Exclusions = {
  ...onGpu,
  'a pad of five axes': 'the shader of tfjs that pads five axes does not compile',
  'the mean and sum over [0] of [1000000] times 0.1': float32,
  'the mean and sum over [0] of [99991] times 0.1': float32,
  'the mean and sum over [1] of [3,99991] times 0.1': float32,
  'the gradient of Sin': driver,
  'the gradient of Cos': driver,
  'the gradient of Acos': driver,
}

/** The exclusions of each target. */
export const exclusions: { readonly [backend: string]: Exclusions } = {
  cpu: stock,
  tensorflow: {
    'the mean and sum over [0] of [73728] times 0.1': float32,
    'the mean and sum over [0] of [1000000] times 0.1': float32,
    'the mean and sum over [0] of [99991] times 0.1': float32,
    'the mean and sum over [1] of [3,99991] times 0.1': float32,
    'the mean and sum over [0] of [73728,3] times 0.1': float32,
    'the mean and sum over [0] of [100000,8] times 0.1': float32,
    'the mean and sum over [0,2] of [30,3,200,5] times 0.1': float32,
    'the mean and sum over [0,1,2] of [4,200,200] times 0.1': float32,
    'AvgPoolGrad is the gradient of avgPool with padding too': unpadded,
    'the gradient of AvgPool, stride 1, pad 1': unpadded,
    'the gradient of AvgPool, stride 2, pad 1': unpadded,
    'the gradient of AvgPool, stride 1, pad [[0,0],[2,1],[0,1],[0,0]]': unpadded,
    'the gradient of AvgPool, stride 2, pad [[0,0],[2,1],[0,1],[0,0]]': unpadded,
    'the gradient of AvgPool, rounding up': unpadded,
    'the gradient of Conv2D, NCHW': channelsLast,
  },
  wasm: {
    'NaN goes through activations and sums': 'Relu6 of tfjs is a clamp of XNNPACK, which turns NaN into 0',
    'NaN goes through pools': 'AvgPool of tfjs clamps in XNNPACK, which turns NaN into -Infinity',
    'the gradient of Conv2D, NCHW': 'tfjs has channels last alone on WASM',
    'the gradient of AvgPool, rounding up': 'AvgPool of tfjs ignores the rounding of sizes on WASM',
    'the gradient of MaxPool, rounding up': 'MaxPool of tfjs ignores the rounding of sizes on WASM',
  },
  webgl: {
    ...ofTfjsOnWebgl,
    '-Infinity goes through activations and sums': 'Relu and Relu6 of tfjs multiply by 0, which makes NaN of -Infinity',
  },
  'webgl-resfn': ofTfjsOnWebgl,
  webgpu: {
    ...ofTfjsOnWebgpu,
    'the mean and sum over [0] of [73728] times 0.1': float32,
    'the mean and sum over [0] of [1000000] times 0.1': float32,
    'the mean and sum over [0] of [73728,3] times 0.1': float32,
    'the mean and sum over [0,1,2] of [4,200,200] times 0.1': float32,
    'the gradient of Sin': driver,
    'the gradient of Cos': driver,
    'the gradient of Acos': driver,
    'selectiveKernel on *': crash,
    'splitAttention on *': crash,
  },
  'webgpu-resfn': ofTfjsOnWebgpu,
}

/** The exclusions of a target. */
export const exclusionsOf = ({ backend, known = backend }: Pick<Target, 'backend' | 'known'>): Exclusions =>
  exclusions[known] ?? {}
