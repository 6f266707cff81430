export {
  type ProjectedBlockOptions,
  type ProjectedBlockParams,
  type ProjectedBlockState,
  projectedResidualBlock,
  residualBlock,
  type ResidualBlockOptions,
  type ResidualBlockParams,
  type ResidualBlockState,
  residualBranch,
  type ResidualBranchParams,
  type ResidualBranchState,
} from './residual-block.ts'
