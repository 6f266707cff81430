// No backend is imported here: plans and summaries need none.
import { engine } from '@tensorflow/tfjs-core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type { BatchNormParams } from '@resfn/batch-norm'
import {
  type AnyLayer,
  init,
  type ParamsOf,
  type Shape,
  ShapeError,
  type Spec,
  type StateOf,
  summary,
  type SummaryRow,
} from '@resfn/layer'
import { key } from '@resfn/random'
import { flatten } from '@resfn/tree'
import { cifarResnet, type CifarResnetParams } from './cifar-resnet.ts'
import { lenet, type LenetParams, type LenetState } from './lenet.ts'
import { nets } from './nets.ts'
import { d2lResnet18, resnet, type ResnetParams, type ResnetState } from './resnet.ts'

/** Millions or thousands as they are printed: 4089184256 is 4.089 G. */
const giga = (macs: number): string => (macs / 1e9).toFixed(3)

const rowsOf = (net: AnyLayer, input: Shape): readonly SummaryRow[] => summary(net, input).rows
const outputs = (net: AnyLayer, input: Shape, ...paths: string[]): readonly Shape[] =>
  paths.map((path) => rowsOf(net, input).find((row) => row.path === path)!.output)

// Parameters of the ImageNet nets: torchvision's documentation. Multiply-adds: torchvision's `_ops`; of the paper's stride: He et al. (2015),
// table 1, counted. Of the CIFAR nets: He et al. (2015), section 4.2 and table 6, counted.
const table: readonly (readonly [name: string, params: number, gigaMacs: string])[] = [
  ['resnet18', 11689512, '1.814'],
  ['resnet34', 21797672, '3.664'],
  ['resnet50', 25557032, '4.089'],
  ['resnet101', 44549160, '7.801'],
  ['resnet152', 60192808, '11.514'],
  ['resnet20', 269722, '0.041'],
  ['resnet32', 464154, '0.069'],
  ['resnet44', 658586, '0.097'],
  ['resnet56', 853018, '0.125'],
  ['resnet110', 1727962, '0.253'],
  ['resnet1202', 19421274, '2.829'],
  ['plain20', 269722, '0.041'],
  ['plain32', 464154, '0.069'],
  ['plain44', 658586, '0.097'],
  ['plain56', 853018, '0.125'],
  ['plain110', 1727962, '0.253'],
  ['lenet-bn', 44878, '0.000'],
  ['d2l-resnet18', 11178378, '0.319'],
]

// He et al. (2015), section 4.2: options B and C of the same nets; of the depths 20, 56 and 110 pytorchcv has the same numbers for B.
const projected: readonly (readonly [name: string, params: number])[] = [
  ['resnet20-b', 272474],
  ['resnet32-b', 466906],
  ['resnet44-b', 661338],
  ['resnet56-b', 855770],
  ['resnet110-b', 1730714],
  ['resnet20-c', 283962],
  ['resnet32-c', 489594],
  ['resnet44-c', 695226],
  ['resnet56-c', 900858],
  ['resnet110-c', 1826202],
]

describe('the nets', () => {
  it('are counted with no backend registered', () => {
    expect(engine().backendNames()).toEqual([])
    expect(summary(lenet({ classes: 10 }), [28, 28, 1]).macs).toBe(281640)
    expect(engine().backendNames()).toEqual([])
  })

  it.each(table)('%s has the parameters and multiply-adds of its table: %i, %s G', (name, params, gigaMacs) => {
    const { make, input, classes } = nets[name]!
    const counted = summary(make({ classes }), input)
    expect(counted.params).toBe(params)
    expect(giga(counted.macs)).toBe(gigaMacs)
    expect(counted.output).toEqual([classes])
  })

  it.each(projected)('%s has %i parameters', (name, params) => {
    const { make, input, classes } = nets[name]!
    expect(summary(make({ classes }), input).params).toBe(params)
  })

  it('can all be made for other classes, and change only in the last layer', () => {
    for (const { make, input, classes } of Object.values(nets)) {
      const [usual, other] = [summary(make({ classes }), input), summary(make({ classes: 3 }), input)]
      expect(other.output).toEqual([3])
      const features = usual.rows.at(-1)!.macs / classes
      expect(usual.params - other.params).toBe((classes - 3) * (features + 1))
    }
  })

  it('are named by their depth: convolutions and fully connected layers, those on shortcuts not counted', () => {
    for (const [name, { make, input, classes, description }] of Object.entries(nets)) {
      const depth = Number(/\d+/.exec(name.replace('d2l', ''))?.[0] ?? 5)
      const weighted = rowsOf(make({ classes }), input).filter(
        ({ path, kind }) => /^(conv2d|dense)/.test(kind) && !/\.shortcut(\.|$)/.test(path),
      )
      expect(weighted.length, name).toBe(depth)
      expect(description).toMatch(/./)
    }
  })

  it('have paths that all lead to parameters, and shapes that fit', () => {
    for (const { make, input, classes } of Object.values(nets).filter(({ description }) => !/1202/.test(description))) {
      const net = make({ classes })
      const { params, state } = net.plan(input)
      const paths = flatten<Spec>([params, state]).map(({ path }) => path.replace(/^\d\./, ''))
      for (const row of rowsOf(net, input).filter((r) => r.params > 0))
        expect(
          paths.some((path) => path.startsWith(`${row.path}.`)),
          row.path,
        ).toBe(true)
    }
  })
})

describe('resnet', () => {
  it.each([
    [50, '3.858'],
    [101, '7.570'],
    [152, '11.282'],
  ] as const)('%i with the paper’s stride has %s G multiply-adds and the same parameters', (depth, macs) => {
    const [paper, usual] = [
      summary(resnet({ depth, classes: 1000, strideOn: '1x1' }), [224, 224, 3]),
      summary(resnet({ depth, classes: 1000 }), [224, 224, 3]),
    ]
    expect(giga(paper.macs)).toBe(macs)
    expect(paper.params).toBe(usual.params)
  })

  it.each([
    [18, 9600],
    [34, 17024],
    [50, 53120],
    [101, 105344],
    [152, 151424],
  ] as const)('%i keeps %i running statistics', (depth, buffers) => {
    expect(summary(resnet({ depth, classes: 1000 }), [224, 224, 3]).buffers).toBe(buffers)
  })

  it('has the stages of the paper’s table 1', () => {
    const paths = ['stem', 'maxPool', 'layer1', 'layer2', 'layer3', 'layer4', 'globalAvgPool']
    const square = (...sides: readonly (readonly [number, number])[]): readonly Shape[] =>
      sides.map(([side, channels]) => [side, side, channels])
    for (const depth of [18, 34] as const)
      expect(outputs(resnet({ depth, classes: 10 }), [224, 224, 3], ...paths)).toEqual([
        ...square([112, 64], [56, 64], [56, 64], [28, 128], [14, 256], [7, 512]),
        [512],
      ])
    for (const depth of [50, 101, 152] as const)
      expect(outputs(resnet({ depth, classes: 10 }), [224, 224, 3], ...paths)).toEqual([
        ...square([112, 64], [56, 64], [56, 256], [28, 512], [14, 1024], [7, 2048]),
        [2048],
      ])
  })

  it('has 11,175,370 parameters at depth 18 for one channel and ten classes', () => {
    const counted = summary(resnet({ depth: 18, classes: 10 }), [96, 96, 1])
    expect(counted.params).toBe(11175370)
    expect(giga(counted.macs)).toBe('0.319')
  })

  it('draws convolutions by fan out, normalisations as the identity and the head from PyTorch’s interval', () => {
    const { params } = resnet({ depth: 18, classes: 10 }).plan([64, 64, 3])
    const draw = ({ initialiser, shape }: Spec): Float32Array => initialiser(key(1), shape)
    const deviation = (values: Float32Array): number =>
      Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
    const leaf = (path: string): Spec => flatten<Spec>(params).find((entry) => entry.path === path)!.leaf
    expect(deviation(draw(leaf('layer2.first.add.branch.a.conv.weight'))) / Math.sqrt(2 / (9 * 128))).toBeCloseTo(1, 1)
    expect(new Set(draw(leaf('layer2.first.add.branch.b.bn.weight')))).toEqual(new Set([1]))
    expect(new Set(draw(leaf('layer2.first.add.branch.b.bn.bias')))).toEqual(new Set([0]))
    expect(Math.max(...draw(leaf('fc.weight')).map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(512))
  })

  it('says which depths there are, and where an input does not fit', () => {
    expect(() => resnet({ depth: 26 as never, classes: 10 })).toThrow(
      new RangeError('resnet: depth must be one of 18, 34, 50, 101, 152, not 26'),
    )
    expect(() => resnet({ depth: 18, classes: 10 }).plan([784])).toThrow(
      new ShapeError('stem.conv', 'conv2d takes [height,width,channels], but the input is [784]'),
    )
    expect(() => resnet({ depth: 18, classes: 0 })).toThrow(RangeError)
  })

  it('names the types of its trees', () => {
    const net = resnet({ depth: 50, classes: 10 })
    expectTypeOf<ParamsOf<typeof net>>().toEqualTypeOf<ResnetParams>()
    expectTypeOf<StateOf<typeof net>>().toEqualTypeOf<ResnetState>()
    expectTypeOf<ResnetParams['stem']['bn']>().toEqualTypeOf<BatchNormParams>()
  })
})

describe('cifarResnet', () => {
  it('halves the image twice, whatever its size', () => {
    for (const shortcut of ['A', 'B', 'C', 'none'] as const) {
      const net = cifarResnet({ depth: 20, classes: 10, shortcut })
      expect(outputs(net, [32, 32, 3], 'stem', 'layer1', 'layer2', 'layer3', 'globalAvgPool')).toEqual([
        [32, 32, 16],
        [32, 32, 16],
        [16, 16, 32],
        [8, 8, 64],
        [64],
      ])
      expect(outputs(net, [27, 28, 1], 'layer1', 'layer2', 'layer3')).toEqual([
        [27, 28, 16],
        [14, 14, 32],
        [7, 7, 64],
      ])
    }
  })

  it('differs between the options in its shortcuts alone', () => {
    const shortcuts = (shortcut: 'A' | 'B' | 'C' | 'none'): readonly string[] =>
      rowsOf(cifarResnet({ depth: 20, classes: 10, shortcut }), [32, 32, 3])
        .filter(({ path }) => path.endsWith('.shortcut'))
        .map(({ path }) => path)
    expect(shortcuts('none')).toEqual([])
    expect(shortcuts('A')).toEqual(['layer2.first.add.shortcut', 'layer3.first.add.shortcut'])
    expect(shortcuts('B')).toEqual(shortcuts('A'))
    expect(shortcuts('C').length).toBe(9)
    const kinds = (shortcut: 'A' | 'none'): number =>
      rowsOf(cifarResnet({ depth: 56, classes: 10, shortcut }), [32, 32, 3]).filter(({ kind }) => /Add/.test(kind))
        .length
    expect([kinds('A'), kinds('none')]).toEqual([27, 0])
  })

  it.each([20, 110])('%i has the multiply-adds of its projections on top of those of option A', (depth) => {
    const macs = (shortcut: 'A' | 'B' | 'C' | 'none'): number =>
      summary(cifarResnet({ depth, classes: 10, shortcut }), [32, 32, 3]).macs
    const [changing, keeping] = [16 * 16 * 16 * 32, 32 * 32 * 16 * 16]
    expect(macs('none')).toBe(macs('A'))
    expect(macs('B')).toBe(macs('A') + 2 * changing)
    expect(macs('C')).toBe(macs('B') + ((depth - 2) / 2 - 2) * keeping)
  })

  it('adds 5,850 parameters for 90 more classes', () => {
    const params = (classes: number): number => summary(cifarResnet({ depth: 20, classes }), [32, 32, 3]).params
    expect(params(100) - params(10)).toBe(5850)
  })

  it('draws convolutions and head by fan in', () => {
    const { params } = cifarResnet({ depth: 8, classes: 1000 }).plan([32, 32, 3])
    for (const [path, fan] of [
      ['layer3.first.add.branch.a.conv.weight', 9 * 32],
      ['fc.weight', 64],
    ] as const) {
      const { initialiser, shape } = flatten<Spec>(params).find((entry) => entry.path === path)!.leaf
      const values = initialiser(key(2), shape)
      expect(
        Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length) / Math.sqrt(2 / fan),
      ).toBeCloseTo(1, 1)
    }
  })

  it('refuses depths that are not 6n + 2', () => {
    expect(() => cifarResnet({ depth: 18, classes: 10 })).toThrow(
      new RangeError('cifarResnet: depth must be 6n + 2 (8, 14, 20, 26, 32, ...), not 18'),
    )
    expect(() => cifarResnet({ depth: 2, classes: 10 })).toThrow(RangeError)
  })

  it('names the types of its trees', () => {
    const net = cifarResnet({ depth: 8, classes: 10 })
    expectTypeOf<ParamsOf<typeof net>>().toEqualTypeOf<CifarResnetParams>()
  })
})

describe('the nets of "Dive into deep learning"', () => {
  it('LeNet has the shapes of its table', () => {
    const net = lenet({ classes: 10 })
    expect(outputs(net, [28, 28, 1], 'conv1', 'pool1', 'conv2', 'pool2', 'fc1', 'fc2', 'fc3')).toEqual([
      [24, 24, 6],
      [12, 12, 6],
      [8, 8, 16],
      [4, 4, 16],
      [120],
      [84],
      [10],
    ])
    expect(summary(net, [28, 28, 1]).buffers).toBe(452)
    expect(() => net.plan([8, 8, 1])).toThrow(
      /^conv2\.conv: the 5x5 filter is larger than the input \[2,2,6\] with padding 0/,
    )
    expectTypeOf<ParamsOf<typeof net>>().toEqualTypeOf<LenetParams>()
    expectTypeOf<StateOf<typeof net>>().toEqualTypeOf<LenetState>()
  })

  it.each([
    [96, '0.319', [24, 24, 12, 6, 3]],
    [224, '1.735', [56, 56, 28, 14, 7]],
    [28, '0.033', [7, 7, 4, 2, 1]],
  ] as const)('ResNet-18 has the shapes of its table for %i pixels, and %s G multiply-adds', (side, macs, sides) => {
    const net = d2lResnet18({ classes: 10 })
    const counted = summary(net, [side, side, 1])
    expect([counted.params, counted.buffers, giga(counted.macs)]).toEqual([11178378, 7808, macs])
    expect(outputs(net, [side, side, 1], 'maxPool', 'layer1', 'layer2', 'layer3', 'layer4')).toEqual(
      [64, 64, 128, 256, 512].map((channels, i) => [sides[i], sides[i], channels]),
    )
  })

  it('draws biases within one over the root of the fan in, weights by Xavier', () => {
    const { params } = d2lResnet18({ classes: 10 }).plan([28, 28, 1])
    const leaf = (path: string): Float32Array => {
      const { initialiser, shape } = flatten<Spec>(params).find((entry) => entry.path === path)!.leaf
      return initialiser(key(3), shape)
    }
    const largest = (path: string): number => Math.max(...leaf(path).map(Math.abs))
    expect(largest('stem.conv.bias')).toBeLessThanOrEqual(1 / 7)
    expect(largest('stem.conv.bias')).toBeGreaterThan(0.8 / 7)
    expect(largest('layer1.first.add.a.conv.weight')).toBeCloseTo(Math.sqrt(6 / (9 * 128)), 3)
  })

  it('cannot make tensors without a backend, but says so', () => {
    expect(() => init(lenet({ classes: 10 }), key(0), [28, 28, 1])).toThrow(/backend/i)
  })
})
