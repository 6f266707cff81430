export {
  type PreActivationBottleneckBranch,
  preActivationBottleneckBranch,
  type PreActivationBottleneckOptions,
  type PreActivationBranch,
  preActivationBranch,
  type PreActivationBranchOptions,
} from './branches.ts'
export { type Branch, type PreActivation, preActivation, withoutPreActivation } from './pre-activation.ts'
