export {
  type Resnest,
  resnest,
  type ResnestBlockOptions,
  type ResnestBlocks,
  resnestBlocks,
  type ResnestOptions,
} from './resnest.ts'
