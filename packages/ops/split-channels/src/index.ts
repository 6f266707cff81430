export { applyConcatChannels, applySplitChannels, channelsPart, splitChannels } from './split-channels.ts'
