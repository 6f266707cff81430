export {
  type Bottleneck,
  bottleneck,
  type BottleneckBranch,
  bottleneckBranch,
  type BottleneckBranchOptions,
  type BottleneckOptions,
  type ProjectedBottleneck,
  projectedBottleneck,
  type ProjectedBottleneckOptions,
} from './bottleneck.ts'
