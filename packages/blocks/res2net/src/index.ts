export { type HierarchicalOptions, hierarchical, type Hierarchical } from './hierarchical.ts'
export { type Res2netBranch, res2netBranch, type Res2netBranchOptions } from './res2net-branch.ts'
