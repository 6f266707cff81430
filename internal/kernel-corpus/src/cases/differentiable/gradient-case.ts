import type { Tensor } from '@tensorflow/tfjs-core'
import type { Outputs } from '../../corpus-case.ts'
import { spread } from '../../values.ts'

/** A function whose gradient is checked, and where. */
export type GradientCase = {
  /** The kernel that has the gradient. */
  readonly kernel: string
  readonly of?: string
  readonly f: (inputs: Outputs) => Tensor
  readonly at: () => Outputs
}

export const unary = (kernel: string, f: (x: Tensor) => Tensor, low = -2, high = 2): GradientCase => ({
  kernel,
  f: ({ x }) => f(x!),
  at: () => ({ x: spread([2, 5], low, high) }),
})
