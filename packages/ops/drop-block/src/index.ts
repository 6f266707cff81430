export { applyDropBlock, dropBlock, type DropBlockOptions, dropBlockStages } from './drop-block.ts'
