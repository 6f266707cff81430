export {
  type KernelPath,
  type PathShares,
  type SelectiveKernel,
  selectiveKernel,
  type SelectiveKernelOptions,
} from './selective-kernel.ts'
