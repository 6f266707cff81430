import { d2lDensenet } from '@resfn/archs/densenet'
import { lenet } from '@resfn/archs/lenet'
import { d2lResnet18, textbookMakers } from '@resfn/archs/resnet'
import { denseBlock, denseLayer, transition } from '@resfn/dense-block'
import { type AnyLayer, type Shape, summary } from '@resfn/layer'
import { projectedResidualBlock, residualBlock } from '@resfn/residual-block'
import { same } from '../picture.ts'
import type { Words } from '../lesson.ts'

/** A net or block of the book on an input, with the shapes and the number of parameters that its code gives there. */
type Printed = {
  readonly name: Words
  readonly make: () => AnyLayer
  /** Height, width, channels; the book writes the channels first. */
  readonly input: Shape
  /** The outputs of parts by their paths, as the book writes them; that of the whole is at the empty path. */
  readonly outputs: { readonly [path: string]: string }
  readonly params: number
}

const classes = 10

const resnet18 = (side: number, outputs: Printed['outputs']): Printed => ({
  name: same('ResNet-18'),
  make: () => d2lResnet18({ classes }),
  input: [side, side, 1],
  outputs,
  params: 11_178_378,
})

/** @see Zhang et al., "Dive into deep learning", sections 8.5 to 8.7 */
export const printed: readonly Printed[] = [
  {
    name: { en: 'residual block', zh: '残差块' },
    make: () => residualBlock({ out: 3 }, textbookMakers),
    input: [6, 6, 3],
    outputs: { '': '3 × 6 × 6' },
    params: 180,
  },
  {
    name: { en: 'residual block, 1x1, stride 2', zh: '残差块，1x1，步幅 2' },
    make: () => {
      const shortcut = textbookMakers.conv({ out: 6, size: 1, stride: 2 })
      return projectedResidualBlock({ out: 6, stride: 2, shortcut }, textbookMakers)
    },
    input: [6, 6, 3],
    outputs: { '': '6 × 3 × 3' },
    params: 546,
  },
  {
    name: { en: 'dense block', zh: '稠密块' },
    make: () => denseBlock({ layer: denseLayer({ growth: 10 }, textbookMakers), layers: 2 }),
    input: [8, 8, 3],
    outputs: { '': '23 × 8 × 8' },
    params: 1492,
  },
  {
    name: { en: 'transition', zh: '过渡层' },
    make: () => transition({ compression: 0.45 }, textbookMakers),
    input: [8, 8, 23],
    outputs: { '': '10 × 4 × 4' },
    params: 286,
  },
  resnet18(224, {
    maxPool: '64 × 56 × 56',
    layer1: '64 × 56 × 56',
    layer2: '128 × 28 × 28',
    layer3: '256 × 14 × 14',
    layer4: '512 × 7 × 7',
    fc: '10',
  }),
  resnet18(96, {
    maxPool: '64 × 24 × 24',
    layer1: '64 × 24 × 24',
    layer2: '128 × 12 × 12',
    layer3: '256 × 6 × 6',
    layer4: '512 × 3 × 3',
    fc: '10',
  }),
  {
    name: same('DenseNet'),
    make: () => d2lDensenet({ classes }),
    input: [96, 96, 1],
    outputs: {
      pool0: '64 × 24 × 24',
      denseblock1: '192 × 24 × 24',
      transition1: '96 × 12 × 12',
      denseblock2: '224 × 12 × 12',
      transition2: '112 × 6 × 6',
      denseblock3: '240 × 6 × 6',
      transition3: '120 × 3 × 3',
      denseblock4: '248 × 3 × 3',
      fc: '10',
    },
    params: 758_226,
  },
  {
    name: same('LeNet-BN'),
    make: () => lenet({ classes }),
    input: [28, 28, 1],
    outputs: {
      conv1: '6 × 24 × 24',
      pool1: '6 × 12 × 12',
      conv2: '16 × 8 × 8',
      pool2: '16 × 4 × 4',
      fc1: '120',
      fc2: '84',
      fc3: '10',
    },
    params: 44_878,
  },
]

/** A shape as the book writes it, channels first. */
export const channelsFirst = ([height, width, channels]: Shape): string =>
  width === undefined ? String(height) : [channels, height, width].join(' × ')

/** What a net or block of ours gives on the same input. */
export type Planned = {
  readonly outputs: { readonly [path: string]: string }
  /** As text: of a measured number six digits are kept. */
  readonly params: string
}

/** A count to the last digit. */
export const whole = (count: number): string => count.toLocaleString('en')

/** The shapes of our parts with the paths of the book's, from the plan: nothing is computed. */
export const planned = ({ make, input, outputs }: Printed): Planned => {
  const { rows, output, params } = summary(make(), input)
  const all = [{ path: '', output }, ...rows]
  return {
    outputs: Object.fromEntries(
      Object.keys(outputs).map((path) => [path, channelsFirst(all.find((row) => row.path === path)?.output ?? [])]),
    ),
    params: whole(params),
  }
}
