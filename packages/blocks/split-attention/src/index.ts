export { applyRadixSoftmax, applyRadixSum, radixSoftmax, type RadixSoftmaxOptions, radixSum } from './radix.ts'
export { type ResnestBranch, resnestBranch, type ResnestBranchOptions } from './resnest-branch.ts'
export { type Attention, type SplitAttention, splitAttention, type SplitAttentionOptions } from './split-attention.ts'
