export { selection } from './selection.ts'
export {
  type KernelPath,
  type PathScores,
  type SelectiveKernel,
  selectiveKernel,
  type SelectiveKernelOptions,
} from './selective-kernel.ts'
