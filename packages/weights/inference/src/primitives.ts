import { add, mul, relu, relu6, type Tensor } from '@tensorflow/tfjs-core'
import { applyConv2d } from '@resfn/conv2d'
import { type Contracted, type Contracts, definePrimitive } from '@resfn/primitive'

type Activation = Contracts['ScaleShift']['settings']['activation']

const activations: { readonly [A in Activation]: (x: Tensor) => Tensor } = { linear: (x) => x, relu, relu6 }

const plus = (x: Tensor, other: Tensor | undefined): Tensor => (other === undefined ? x : add(x, other))

/**
 * `y = activation(conv2d(x, filter) + bias + residual)` in one pass where the backend has a kernel for it. It has no
 * gradient.
 */
export const fusedConvolution: Contracted<'FusedConvolution'> = definePrimitive({
  name: 'FusedConvolution',
  composed: ({ x, filter, bias, residual }, { activation, ...window }) => {
    const y = applyConv2d({ weight: filter, ...(bias !== undefined && { bias }) }, x, window)
    return [activations[activation](plus(y, residual))]
  },
  saves: { inputs: [], outputs: [] },
  gradient: () => ({}),
})

/** `y = activation(x scale + shift + residual)`, a factor for each channel. It has no gradient. */
export const scaleShift: Contracted<'ScaleShift'> = definePrimitive({
  name: 'ScaleShift',
  composed: ({ x, scale, shift, residual }, { activation }) => [
    activations[activation](plus(plus(mul(x, scale), shift), residual)),
  ],
  saves: { inputs: [], outputs: [] },
  gradient: () => ({}),
})
