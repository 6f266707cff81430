import { sigmoid } from '@resfn/activation'
import { conv2d, type Conv2dParams } from '@resfn/conv2d'
import {
  type AnyLayer,
  channels,
  constant,
  type FollowedBy,
  followedBy,
  formatShape,
  type Join,
  type Layer,
  lift,
  product,
  type Projected,
  projected,
  sameShape,
  shaped,
  ShapeError,
  type Skip,
  skip,
} from '@resfn/layer'
import { projectedAdd } from '@resfn/projected-add'
import { add, mul, neg, sigmoid as sigmoidOf, split, sub, type Tensor } from '@tensorflow/tfjs-core'

/** The 1x1 convolution of a gate, of as many channels as its input, with a bias that starts at a number. */
const gateConv = (bias: number): Layer<Conv2dParams> =>
  shaped(([, , out = 1]) => conv2d({ out, size: 1, bias: true, initial: { bias: constant(bias) } }))

const oneMinusSigmoid = lift((x) => sigmoidOf(neg(x)), { kind: '1 - sigmoid' })

/** The options of a gate. */
export type GateOptions = {
  /** the first value of its bias: 0 is a gate half open, -6 gives the shortcut 0.9975 of x */
  readonly bias: number
}

/** A branch beside a shortcut with a gate. */
export type ShortcutGate<B extends AnyLayer> = Projected<B, Skip<FollowedBy<Layer<Conv2dParams>>>>

/**
 * The shortcut-only gate: `y = (1 - g(x)) x + F(x)` with `g = sigmoid(conv(x) + bias)`, a 1x1 convolution. Only the
 * shortcut is scaled.
 *
 * @param branch a layer that keeps the shape
 * @param options the first value of the bias
 * @returns the layer; the gate's parameters are `shortcut`
 * @see He et al., "Identity mappings in deep residual networks" (2016), section 3.1, "Shortcut-only gating"
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { residualBranch } from '@resfn/residual-block'
 * import { shortcutGate } from '@resfn/shortcuts'
 *
 * const { shortcut } = shortcutGate(residualBranch({ out: 16 }), { bias: -6 }).plan([8, 8, 16]).params
 * assert.deepEqual(shortcut.weight.shape, [1, 1, 16, 16])
 * ```
 */
export const shortcutGate = <B extends AnyLayer>(branch: B, { bias }: GateOptions): ShortcutGate<B> =>
  projectedAdd(branch, skip(product)(followedBy(gateConv(bias), oneMinusSigmoid)))

/** Gate and branch, one after the other along the channels, mixed with x: `(1 - g) x + g F(x)`. */
const mixed: Join = {
  kind: 'exclusive gate',
  output: ({ shortcut, branch }) => {
    const half = [...branch!.slice(0, -1), branch!.at(-1)! / 2]
    if (sameShape(half, shortcut!)) return shortcut!
    throw new ShapeError(
      '',
      `branch ${formatShape(half)} and shortcut ${formatShape(shortcut!)} differ; an exclusive gate keeps the shape`,
    )
  },
  apply: ([x, both]) => {
    const [gate, branch] = split(both!, 2, -1) as [Tensor, Tensor]
    return add(x!, mul(gate, sub(branch, x!)))
  },
}

/** A branch and a gate of its own. */
export type ExclusiveGate<B extends AnyLayer> = Skip<Projected<B, FollowedBy<Layer<Conv2dParams>>>>

/**
 * The exclusive gate of Highway networks: `y = (1 - g(x)) x + g(x) F(x)` with `g = sigmoid(conv(x) + bias)`, a 1x1
 * convolution. What opens the branch closes the shortcut.
 *
 * @param branch a layer that keeps the shape
 * @param options the first value of the bias
 * @returns the layer; the gate's parameters are `shortcut`
 * @throws ShapeError, from `plan`, if the branch changes the shape
 * @see He et al., "Identity mappings in deep residual networks" (2016), section 3.1, "Exclusive gating"; Srivastava et
 * al., "Highway networks" (2015), equation 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { residualBranch } from '@resfn/residual-block'
 * import { exclusiveGate } from '@resfn/shortcuts'
 *
 * assert.deepEqual(exclusiveGate(residualBranch({ out: 16 }), { bias: -6 }).plan([8, 8, 16]).output, [8, 8, 16])
 * ```
 */
export const exclusiveGate = <B extends AnyLayer>(branch: B, { bias }: GateOptions): ExclusiveGate<B> =>
  skip(mixed)(projected(channels)(branch, followedBy(gateConv(bias), sigmoid)))
