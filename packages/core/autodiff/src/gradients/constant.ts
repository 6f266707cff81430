import { type GradConfig, zeros } from '@tensorflow/tfjs-core'
import { inputShapes } from './config.ts'

/** Kernels whose outputs are steps, or do not depend on the values of their inputs: their gradients are zero. */
const kernelNames = [
  ...['Step', 'Sign', 'Floor', 'Ceil', 'Round', 'FloorDiv', 'IsNan', 'IsFinite', 'IsInf'],
  ...[
    'Equal',
    'NotEqual',
    'Greater',
    'GreaterEqual',
    'Less',
    'LessEqual',
    'LogicalAnd',
    'LogicalOr',
    'LogicalNot',
    'All',
    'Any',
  ],
  ...['ZerosLike', 'OnesLike', 'OneHot', 'ArgMax', 'ArgMin'],
]

export const steps: readonly GradConfig[] = kernelNames.map((kernelName) => ({
  kernelName,
  gradFunc: (_, saved) =>
    Object.fromEntries(Object.entries(inputShapes(saved)).map(([input, shape]) => [input, () => zeros(shape)])),
}))
