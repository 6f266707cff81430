export {
  type SelectiveBasicBranch,
  selectiveBasicBranches,
  type SelectiveBottleneckBranch,
  selectiveBottleneckBranches,
  type SelectiveOptions,
} from './sknet.ts'
