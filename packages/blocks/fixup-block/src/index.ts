export {
  type FixupBlock,
  fixupBlock,
  type FixupBlockOptions,
  fixupBranch,
  type FixupBranchOptions,
  type FixupParts,
  type ProjectedFixupBlock,
  projectedFixupBlock,
  type ProjectedFixupBlockOptions,
  scaledByDepth,
} from './fixup-block.ts'
