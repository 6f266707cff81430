export { type Res2netBlockOptions, type Res2netBlocks, res2netBlocks } from './res2net.ts'
