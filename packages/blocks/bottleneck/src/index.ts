export {
  bottleneck,
  type BottleneckBranchParams,
  type BottleneckBranchState,
  type BottleneckOptions,
  type BottleneckParams,
  type BottleneckState,
  projectedBottleneck,
  type ProjectedBottleneckOptions,
  type ProjectedBottleneckParams,
  type ProjectedBottleneckState,
} from './bottleneck.ts'
