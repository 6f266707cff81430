import { ones, type Tensor, zeros } from '@tensorflow/tfjs-core'
import { trainBatchNorm } from '@resfn/batch-norm'

/**
 * The weight standardised by filter, times a gain. Batch normalisation is this very function: its channels are the
 * filters, and its gradient is in closed form and has kernels of backends.
 */
export const standardised = (weight: Tensor, epsilon: number, gain?: Tensor): Tensor => {
  const out = weight.shape.at(-1)!
  const params = { weight: gain ?? ones([out]), bias: zeros([out]) }
  return trainBatchNorm(params, weight, { epsilon, runningVariance: 'biased' }).y
}
