import type { Tensor } from '@tensorflow/tfjs-core'

/**
 * The primitives that a backend may have kernels for: their inputs, settings and outputs, by the name that a kernel is
 * registered under. Ops define the primitives, autodiff uses `ReluGrad`, and backends register kernels; all three take
 * the types from here. `T` is the kind of tensor: `Tensor` for callers, `TensorInfo` inside kernels. All tensors are
 * float32, and channels are the last axis.
 */
export type Contracts<T = Tensor> = {
  /** Batch normalisation by the batch's own mean and biased variance, which are the second and third output. */
  readonly BatchNormTrain: {
    /** x [..., channels], weight [channels], bias [channels] */
    readonly inputs: { readonly x: T; readonly weight: T; readonly bias: T }
    readonly settings: { readonly epsilon: number }
    /** y [..., channels], mean [channels], variance [channels] */
    readonly outputs: readonly [y: T, mean: T, variance: T]
  }
  /** The gradients of `BatchNormTrain` from that of y; mean and variance are the outputs of the forward pass. */
  readonly BatchNormTrainGrad: {
    /** dy and x [..., channels]; weight, mean and variance [channels] */
    readonly inputs: { readonly dy: T; readonly x: T; readonly weight: T; readonly mean: T; readonly variance: T }
    readonly settings: { readonly epsilon: number }
    /** dx [..., channels], dweight [channels], dbias [channels] */
    readonly outputs: readonly [dx: T, dweight: T, dbias: T]
  }
  /**
   * Group normalisation by the mean and the biased variance of each sample and group of channels. The second and third
   * output are the mean and r = 1 / sqrt(variance + epsilon) of each group, at each of its channels.
   */
  readonly GroupNorm: {
    /** x [batch, height, width, channels] or [batch, channels], weight [channels], bias [channels] */
    readonly inputs: { readonly x: T; readonly weight: T; readonly bias: T }
    readonly settings: { readonly groups: number; readonly epsilon: number }
    /** y of the shape of x; mean and r [batch, 1, 1, channels] */
    readonly outputs: readonly [y: T, mean: T, r: T]
  }
  /** The gradients of `GroupNorm` from that of y; mean and r are the outputs of the forward pass. */
  readonly GroupNormGrad: {
    /** dy and x of one shape, weight [channels], mean and r [batch, 1, 1, channels] */
    readonly inputs: { readonly dy: T; readonly x: T; readonly weight: T; readonly mean: T; readonly r: T }
    readonly settings: { readonly groups: number }
    /** dx of the shape of x, dweight [channels], dbias [channels] */
    readonly outputs: readonly [dx: T, dweight: T, dbias: T]
  }
  /**
   * A step of gradient descent with momentum m and rate r: velocity' = m velocity + gradient, param' = param - r
   * velocity'; with Nesterov's, param' = param - r (m velocity' + gradient).
   */
  readonly MomentumStep: {
    /** three tensors of one shape */
    readonly inputs: { readonly param: T; readonly gradient: T; readonly velocity: T }
    readonly settings: { readonly learningRate: number; readonly momentum: number; readonly nesterov: boolean }
    /** two more of that shape */
    readonly outputs: readonly [param: T, velocity: T]
  }
  /**
   * `MomentumStep` of many parameters in one call, so that small ones do not each cost several. The inputs of parameter
   * i are `param${i}`, `gradient${i}` and `velocity${i}`.
   */
  readonly MomentumSteps: {
    readonly inputs: Numbered<'param' | 'gradient' | 'velocity', T>
    readonly settings: { readonly learningRate: number; readonly momentum: number; readonly nesterov: boolean }
    /** all next parameters, then all velocities */
    readonly outputs: readonly T[]
  }
  /**
   * A step of Adam, whose corrections of both means are taken into `rate` and `epsilon`: mean' = mean + (1 - beta1)
   * (gradient - mean), square' = beta2 square + (1 - beta2) gradient^2, param' = param - rate mean' / (sqrt(square') +
   * epsilon).
   */
  readonly AdamStep: {
    /** four tensors of one shape */
    readonly inputs: { readonly param: T; readonly gradient: T; readonly mean: T; readonly square: T }
    readonly settings: Moments & { readonly rate: number }
    /** three more of that shape */
    readonly outputs: readonly [param: T, mean: T, square: T]
  }
  /** `AdamStep` of many parameters in one call, by `param${i}`, `gradient${i}`, `mean${i}` and `square${i}`. */
  readonly AdamSteps: {
    readonly inputs: Numbered<'param' | 'gradient' | 'mean' | 'square', T>
    readonly settings: Moments & { readonly rate: number }
    /** all next parameters, then all means, then all squares */
    readonly outputs: readonly T[]
  }
  /**
   * A step of LAMB for many parameters in one call. With mean' and square' of `AdamStep`, u = correction mean' /
   * (sqrt(square') + epsilon) + decay param and param' = param - rate (|param| / |u|) u, where the ratio is 1 if a norm
   * is 0.
   */
  readonly LambSteps: {
    readonly inputs: Numbered<'param' | 'gradient' | 'mean' | 'square', T>
    readonly settings: Moments & { readonly correction: number; readonly decay: number; readonly rate: number }
    /** all next parameters, then all means, then all squares */
    readonly outputs: readonly T[]
  }
  /** x + factor y of many tensors in one call, by `x${i}` and `y${i}`. */
  readonly AddScaled: {
    readonly inputs: Numbered<'x' | 'y', T>
    readonly settings: { readonly factor: number }
    /** the sums, in order */
    readonly outputs: readonly T[]
  }
  /** factor x of many tensors in one call, by `x${i}`; the factor is a scalar. */
  readonly ScaleAll: {
    readonly inputs: Numbered<'x', T> & { readonly factor: T }
    readonly settings: { readonly [name in never]: never }
    /** the products, in order */
    readonly outputs: readonly T[]
  }
  /** The sum of the squares of each of many tensors, by `x${i}`. */
  readonly SquareSums: {
    readonly inputs: Numbered<'x', T>
    readonly settings: { readonly [name in never]: never }
    /** [number of tensors] */
    readonly outputs: readonly [sums: T]
  }
  /** `dy` where the output `y` of a ReLU is positive, else 0. */
  readonly ReluGrad: {
    /** dy and y, of one shape */
    readonly inputs: { readonly dy: T; readonly y: T }
    readonly settings: { readonly [name in never]: never }
    /** dx, of the same shape */
    readonly outputs: readonly [dx: T]
  }
  /**
   * A convolution of channels in groups: output channel o sees the input channels of its group, which is
   * `floor(o groups / out)`.
   */
  readonly GroupedConv2D: {
    /** x [batch, height, width, in], filter [size, size, in / groups, out] */
    readonly inputs: { readonly x: T; readonly filter: T }
    readonly settings: Grouped
    /** y [batch, outHeight, outWidth, out] */
    readonly outputs: readonly [y: T]
  }
  /** The gradient of `GroupedConv2D` by its input, [batch, height, width, in]. */
  readonly GroupedConv2DBackpropInput: {
    /** dy [batch, outHeight, outWidth, out], filter [size, size, in / groups, out] */
    readonly inputs: { readonly dy: T; readonly filter: T }
    readonly settings: Grouped & { readonly inputShape: readonly number[] }
    readonly outputs: readonly [dx: T]
  }
  /** The gradient of `GroupedConv2D` by its filter, [size, size, in / groups, out]. */
  readonly GroupedConv2DBackpropFilter: {
    /** x [batch, height, width, in], dy [batch, outHeight, outWidth, out] */
    readonly inputs: { readonly x: T; readonly dy: T }
    readonly settings: Grouped & { readonly filterShape: readonly number[] }
    readonly outputs: readonly [dfilter: T]
  }
  /**
   * A convolution that adds a bias and another image at its end, and bounds the sum; for inference, without gradient.
   */
  readonly FusedConvolution: {
    /** x and filter as those of `GroupedConv2D`; bias [out], residual [batch, outHeight, outWidth, out] */
    readonly inputs: { readonly x: T; readonly filter: T; readonly bias?: T; readonly residual?: T }
    readonly settings: Grouped & Activated
    /** activation(conv2d(x, filter) + bias + residual) */
    readonly outputs: readonly [y: T]
  }
  /** A factor and a summand for each channel of images, and another image; for inference, without gradient. */
  readonly ScaleShift: {
    /**
     * x and residual [batch, height, width, channels]; scale [channels] or [batch, 1, 1, channels], shift [channels]
     */
    readonly inputs: { readonly x: T; readonly scale: T; readonly shift?: T; readonly residual?: T }
    readonly settings: Activated
    /** activation(x scale + shift + residual) */
    readonly outputs: readonly [y: T]
  }
}

/** Inputs for any number of parameters, numbered from 0. */
type Numbered<N extends string, T> = { readonly [name in `${N}${number}`]: T }

/** How the running means of Adam change, and what is added to its denominator. */
type Moments = { readonly beta1: number; readonly beta2: number; readonly epsilon: number }

/** What bounds the output at the end. */
type Activated = { readonly activation: 'linear' | 'relu' | 'relu6' }

/**
 * The settings of a grouped convolution: pixels from one output to the next, zeros on each side, pixels from one tap of
 * the filter to the next, and the number of groups.
 */
type Grouped = { readonly stride: number; readonly padding: number; readonly dilation: number; readonly groups: number }

/** The function that a contract describes: `Contracted<'ReluGrad'>` is `(inputs, settings) => [dx]`. */
export type Contracted<N extends keyof Contracts> = (
  inputs: Contracts[N]['inputs'],
  settings: Contracts[N]['settings'],
) => Contracts[N]['outputs']

/**
 * The names of the inputs of each contract that every call has (none where they are numbered), for kernels that look at
 * them.
 */
export const contractInputs: { readonly [N in keyof Contracts]: readonly (keyof Contracts[N]['inputs'] & string)[] } = {
  BatchNormTrain: ['x', 'weight', 'bias'],
  BatchNormTrainGrad: ['dy', 'x', 'weight', 'mean', 'variance'],
  GroupNorm: ['x', 'weight', 'bias'],
  GroupNormGrad: ['dy', 'x', 'weight', 'mean', 'r'],
  MomentumStep: ['param', 'gradient', 'velocity'],
  MomentumSteps: [],
  AdamStep: ['param', 'gradient', 'mean', 'square'],
  AdamSteps: [],
  LambSteps: [],
  AddScaled: [],
  ScaleAll: ['factor'],
  SquareSums: [],
  ReluGrad: ['dy', 'y'],
  GroupedConv2D: ['x', 'filter'],
  GroupedConv2DBackpropInput: ['dy', 'filter'],
  GroupedConv2DBackpropFilter: ['x', 'dy'],
  FusedConvolution: ['x', 'filter'],
  ScaleShift: ['x', 'scale'],
}
