export { type BamResnet, bamResnet } from './bam-resnet.ts'
