export { type AttentionResnet, attentionResnet, type AttentionResnetOptions } from './attention-resnet.ts'
export { type CifarSeResnet, cifarSeResnet } from './cifar-se-resnet.ts'
export { legacySeResnet, type LegacySeResnetOptions } from './legacy.ts'
export { senet154 } from './senet154.ts'
