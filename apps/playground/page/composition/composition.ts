/** A net by its name in `@resfn/archs`. */
export type Named = { readonly kind: 'named'; readonly name: string }

/** A net of stages of one kind of block; its channels double from stage to stage, and its maps halve. */
export type Built = {
  readonly kind: 'built'
  /** two convolutions of 3x3, or 1x1, 3x3 and 1x1 to four times the channels */
  readonly block: 'basic' | 'bottleneck'
  /** how many blocks each stage has */
  readonly blocks: readonly number[]
  /** channels of the stem and of the first stage */
  readonly width: number
  /** none; option A, B or C of He et al. (2015), section 3.3 */
  readonly shortcut: 'none' | 'pad' | 'project' | 'projectAll'
  /** where normalisation and activation stand: He et al. (2016), figure 4 */
  readonly placement: 'original' | 'normAfterAddition' | 'actBeforeAddition' | 'actPreActivation' | 'fullPreActivation'
  /** groups of the 3x3 convolutions, the cardinality of Xie et al. (2017) */
  readonly groups: number
  /** at the end of each branch */
  readonly attention: 'none' | 'se' | 'eca' | 'cbam'
}

/** A net as someone composed it in the page: plain data. */
export type Composition = Named | Built

/** What each choice may be, in the order it is offered. */
export const choices: { readonly [K in 'block' | 'shortcut' | 'placement' | 'attention']: readonly Built[K][] } = {
  block: ['basic', 'bottleneck'],
  shortcut: ['none', 'pad', 'project', 'projectAll'],
  placement: ['original', 'normAfterAddition', 'actBeforeAddition', 'actPreActivation', 'fullPreActivation'],
  attention: ['none', 'se', 'eca', 'cbam'],
}

/** From where to where the numbers may go. */
export const ranges = {
  stages: { min: 1, max: 4 },
  blocks: { min: 1, max: 60 },
  width: { min: 4, max: 256 },
  groups: { min: 1, max: 64 },
} as const

/** ResNet-8 of He et al. (2015), section 4.2: the smallest, which learns in a minute. */
export const resnet8: Built = {
  kind: 'built',
  block: 'basic',
  blocks: [1, 1, 1],
  width: 16,
  shortcut: 'pad',
  placement: 'original',
  groups: 1,
  attention: 'none',
}

/** Compositions to begin with, by a name that every language shares. */
export const examples: { readonly [name: string]: Composition } = {
  'ResNet-8': resnet8,
  'ResNet-20': { ...resnet8, blocks: [3, 3, 3] },
  'Plain-20': { ...resnet8, blocks: [3, 3, 3], shortcut: 'none' },
  'Pre-activation-20': { ...resnet8, blocks: [3, 3, 3], placement: 'fullPreActivation', shortcut: 'project' },
  'ResNeXt-11 (8x4d)': { ...resnet8, block: 'bottleneck', width: 32, groups: 8, shortcut: 'project' },
  'SE-ResNet-8': { ...resnet8, attention: 'se' },
  'LeNet-BN': { kind: 'named', name: 'lenet-bn' },
}

/** The same net without its shortcuts, or with option A where it has none: what it is compared with. */
export const counterpart = (composition: Built): Built => ({
  ...composition,
  shortcut: composition.shortcut === 'none' ? 'pad' : 'none',
})
