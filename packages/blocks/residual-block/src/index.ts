export {
  type ProjectedBlockOptions,
  type ProjectedResidualBlock,
  projectedResidualBlock,
  type ResidualBlock,
  residualBlock,
  type ResidualBlockOptions,
  type ResidualBranch,
  residualBranch,
  type ResidualBranchOptions,
} from './residual-block.ts'
