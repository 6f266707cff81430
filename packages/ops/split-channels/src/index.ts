export { applyConcatChannels, applySplitChannels, splitChannels } from './split-channels.ts'
