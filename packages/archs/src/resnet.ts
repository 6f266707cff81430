import { relu } from '@resfn/activation'
import { bottleneck, projectedBottleneck } from '@resfn/bottleneck'
import { conv2d, type Conv2dOptions, type Conv2dParams } from '@resfn/conv2d'
import { convBn, type ConvBnParams, type ConvBnState, type Parts } from '@resfn/conv-bn'
import { dense, type DenseParams } from '@resfn/dense'
import { type AnyLayer, type Layer, repeat, sequential, uniform, xavierUniform } from '@resfn/layer'
import { globalAvgPool, maxPool } from '@resfn/pool'
import { projectedResidualBlock, residualBlock } from '@resfn/residual-block'
import type { Tree } from '@resfn/tree'

/** The tree of a stage: its first block, which may change the shape, and the rest, which keep it. */
export type Stage = { readonly first: Tree; readonly rest: readonly Tree[] }

/** The parameters of a ResNet of four stages. */
export type ResnetParams = {
  readonly stem: ConvBnParams
  readonly layer1: Stage
  readonly layer2: Stage
  readonly layer3: Stage
  readonly layer4: Stage
  readonly fc: DenseParams
}

/** The running statistics of a ResNet of four stages. */
export type ResnetState = Omit<ResnetParams, 'stem' | 'fc'> & { readonly stem: ConvBnState }

/** Table 1 of the paper: the kind of block and the number of blocks in each of the four stages. */
const table = {
  18: { block: 'basic', blocks: [2, 2, 2, 2] },
  34: { block: 'basic', blocks: [3, 4, 6, 3] },
  50: { block: 'bottleneck', blocks: [3, 4, 6, 3] },
  101: { block: 'bottleneck', blocks: [3, 4, 23, 3] },
  152: { block: 'bottleneck', blocks: [3, 8, 36, 3] },
} as const

/** The depths of the paper's table. */
export type ResnetDepth = 18 | 34 | 50 | 101 | 152

/** How a kind of block begins a stage (`down`, stride 2 but for the first stage) and goes on (`keep`). */
type Blocks = { readonly down: (out: number, stride: number) => AnyLayer; readonly keep: (out: number) => AnyLayer }

/** A stage of `depth` blocks. */
const stage = (first: AnyLayer, keep: AnyLayer, depth: number): AnyLayer =>
  sequential({ first, rest: repeat(Array.from({ length: depth - 1 }, () => keep)) })

const basic: Blocks = {
  down: (out, stride) => projectedResidualBlock({ out, stride, shortcut: convBn({ out, size: 1, stride }) }),
  keep: (out) => residualBlock({ out }),
}

const bottlenecks = (strideOn: '3x3' | '1x1'): Blocks => ({
  down: (out, stride) => projectedBottleneck({ out, stride, strideOn }),
  keep: (out) => bottleneck({ out }),
})

/** The options of an ImageNet ResNet. */
export type ResnetOptions = {
  readonly depth: ResnetDepth
  readonly classes: number
  /** where the bottlenecks of 50 layers and more stride: the 3x3 (torchvision, "v1.5"; if not given) or the first 1x1 (the paper, "v1") */
  readonly strideOn?: '3x3' | '1x1'
}

/**
 * A ResNet for ImageNet-sized images: a 7x7 stem of stride 2, 3x3 max pooling, four stages of basic or bottleneck blocks, global average
 * pooling and a fully connected layer. 11,689,512 parameters for depth 18 and 25,557,032 for depth 50, with 224x224x3 and 1000 classes.
 *
 * @param options depth, classes, and where bottlenecks stride
 * @throws RangeError if the paper's table has no such depth, or classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * Source: He et al., "Deep residual learning for image recognition" (2015), table 1.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resnet } from '@resfn/archs/resnet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(resnet({ depth: 50, classes: 1000 }), [224, 224, 3]).params, 25557032)
 * ```
 */
export const resnet = ({ depth, classes, strideOn = '3x3' }: ResnetOptions): Layer<ResnetParams, ResnetState> => {
  if (!Object.hasOwn(table, depth))
    throw new RangeError(`resnet: depth must be one of ${Object.keys(table).join(', ')}, not ${String(depth)}`)
  const { block, blocks } = table[depth]
  const { down, keep } = block === 'basic' ? basic : bottlenecks(strideOn)
  const expansion = block === 'basic' ? 1 : 4
  // The first stage keeps the size; basic blocks keep the channels there too, and need no projection.
  const begin = (out: number): AnyLayer => (block === 'basic' ? keep(out) : down(out, 1))
  const later = (width: number, index: 1 | 2 | 3): AnyLayer =>
    stage(down(width * expansion, 2), keep(width * expansion), blocks[index])
  return sequential({
    stem: convBn({ out: 64, size: 7, stride: 2 }),
    relu,
    maxPool: maxPool({ size: 3, stride: 2, padding: 1 }),
    layer1: stage(begin(64 * expansion), keep(64 * expansion), blocks[0]),
    layer2: later(128, 1),
    layer3: later(256, 2),
    layer4: later(512, 3),
    globalAvgPool,
    fc: dense({ out: classes }),
  })
}

/** Convolutions with biases and the first values of "Dive into deep learning"; the bias's bound depends on the fan in, which only the plan knows. */
const textbookConv = (options: Conv2dOptions): Layer<Conv2dParams> => ({
  ...conv2d({ ...options, bias: true }),
  plan: (input) => {
    const bias = uniform(1 / Math.sqrt(options.size * options.size * (input[2] ?? 1)))
    return conv2d({ ...options, bias: true, initial: { weight: xavierUniform, bias } }).plan(input)
  },
})

/**
 * ResNet-18 as in "Dive into deep learning": every convolution has a bias, and the 1x1 shortcut has no batch normalisation. 11,178,378
 * parameters for one input channel and 10 classes.
 *
 * @param options classes
 * @throws RangeError if classes is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * Source: Zhang et al., "Dive into deep learning", section 8.6.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { d2lResnet18 } from '@resfn/archs/resnet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(d2lResnet18({ classes: 10 }), [96, 96, 1]).params, 11178378)
 * ```
 */
export const d2lResnet18 = ({ classes }: { readonly classes: number }): Layer<ResnetParams, ResnetState> => {
  const parts: Parts = { conv: textbookConv }
  const keep = (out: number): AnyLayer => residualBlock({ out, ...parts })
  const down = (out: number): AnyLayer =>
    projectedResidualBlock({ out, stride: 2, ...parts, shortcut: textbookConv({ out, size: 1, stride: 2 }) })
  return sequential({
    stem: convBn({ out: 64, size: 7, stride: 2 }, parts),
    relu,
    maxPool: maxPool({ size: 3, stride: 2, padding: 1 }),
    layer1: stage(keep(64), keep(64), 2),
    layer2: stage(down(128), keep(128), 2),
    layer3: stage(down(256), keep(256), 2),
    layer4: stage(down(512), keep(512), 2),
    globalAvgPool,
    fc: dense({ out: classes, initial: { weight: xavierUniform } }),
  })
}
