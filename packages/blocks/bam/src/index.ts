export { type Bam, bam, type BamGate, type BamOptions, type ChannelGate, type SpatialGate } from './bam.ts'
