import { type GradConfig, zeros } from '@tensorflow/tfjs-core'

/** Kernels whose outputs are steps or do not depend on the values of their inputs: the gradient is zero. */
const constants = (inputs: readonly string[], kernelNames: readonly string[]): readonly GradConfig[] =>
  kernelNames.map((kernelName) => ({
    kernelName,
    inputsToSave: [...inputs],
    gradFunc: (_, saved) => Object.fromEntries(inputs.map((input, i) => [input, () => zeros(saved[i]!.shape)])),
  }))

export const steps: readonly GradConfig[] = [
  ...constants(['x'], ['Step', 'Sign', 'Floor', 'Ceil', 'Round', 'IsNan', 'IsFinite', 'IsInf', 'LogicalNot']),
  ...constants(['x'], ['ZerosLike', 'OnesLike', 'ArgMax', 'ArgMin', 'All', 'Any']),
  ...constants(['indices'], ['OneHot']),
  ...constants(['a', 'b'], ['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr', 'FloorDiv']),
]
