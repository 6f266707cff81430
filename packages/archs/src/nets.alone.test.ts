// No backend is imported here: plans and summaries need none.
import { engine } from '@tensorflow/tfjs-core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type { BatchNormParams, BatchNormState } from '@resfn/batch-norm'
import type { Conv2dParams } from '@resfn/conv2d'
import { dense, type DenseParams } from '@resfn/dense'
import {
  type AnyLayer,
  init,
  type Layer,
  type ParamsOf,
  sequential,
  type Shape,
  ShapeError,
  type Spec,
  type StateOf,
  summary,
  type SummaryRow,
} from '@resfn/layer'
import type { BatchNorm, Makers } from '@resfn/makers'
import { key } from '@resfn/random'
import { flatten } from '@resfn/tree'
import { cifarResnet, noShortcuts, optionA, optionB, optionC } from './cifar-resnet/index.ts'
import { lenet } from './lenet/index.ts'
import { nets } from './nets.ts'
import { type BasicResnet, type BlockKind, type BottleneckResnet, d2lResnet18, resnet } from './resnet/index.ts'

/** Millions or thousands as they are printed: 4089184256 is 4.089 G. */
const giga = (macs: number): string => (macs / 1e9).toFixed(3)

const rowsOf = (net: AnyLayer, input: Shape): readonly SummaryRow[] => summary(net, input).rows
const outputs = (net: AnyLayer, input: Shape, ...paths: string[]): readonly Shape[] =>
  paths.map((path) => rowsOf(net, input).find((row) => row.path === path)!.output)

/** The options of the CIFAR nets, by the letter that the paper gives them. */
const options = { A: optionA, B: optionB, C: optionC, none: noShortcuts } as const

const small = (given: {
  readonly depth: number
  readonly classes: number
  readonly shortcuts: (makers: Makers) => BlockKind<AnyLayer, AnyLayer, AnyLayer>
}): AnyLayer => cifarResnet<BatchNorm, AnyLayer, AnyLayer, AnyLayer>(given)

describe('the nets', () => {
  it('are counted with no backend registered', () => {
    expect(engine().backendNames()).toEqual([])
    expect(summary(lenet({ classes: 10 }), [28, 28, 1]).macs).toBe(281640)
    expect(engine().backendNames()).toEqual([])
  })

  it('can all be made for other classes, and change only in the last layer', () => {
    for (const [name, { make, input, classes }] of Object.entries(nets)) {
      const [usual, other] = [summary(make({ classes }), input), summary(make({ classes: 3 }), input)]
      expect(other.output).toEqual([3])
      const head = usual.rows.findLast(({ params }) => params > 0)!
      expect(usual.params - other.params, name).toBe(((classes - 3) * head.params) / classes)
    }
  })

  it('are named by their depth: convolutions and fully connected layers, those on shortcuts not counted and a deep stem once', () => {
    const named = /^(cifar-|d2l-|wide_)?(resnet|plain|densenet)\d+[a-z]?(-|$)|^lenet|^d2l/
    // DenseNet-264 has one layer more than its name says; two nets are named without their depth.
    const others: { readonly [name: string]: number } = {
      'lenet-bn': 5,
      'd2l-densenet': 21,
      densenet264: 265,
      densenet264d: 267,
    }
    for (const [name, { make, input, classes, description }] of Object.entries(nets).filter(([net]) =>
      named.test(net),
    )) {
      const depth = others[name] ?? Number(/\d+/.exec(name.replace('d2l', ''))?.[0])
      const weighted = rowsOf(make({ classes }), input).filter(
        ({ path, kind }) => /^(conv2d|dense)/.test(kind) && !/\.shortcut(\.|$)|^conv1\.[36]$/.test(path),
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
    const paths = ['conv1', 'maxPool', 'layer1', 'layer2', 'layer3', 'layer4', 'globalAvgPool']
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
    expect(deviation(draw(leaf('layer2.0.conv1.weight'))) / Math.sqrt(2 / (9 * 128))).toBeCloseTo(1, 1)
    expect(new Set(draw(leaf('layer2.0.bn2.weight')))).toEqual(new Set([1]))
    expect(new Set(draw(leaf('layer2.0.bn2.bias')))).toEqual(new Set([0]))
    expect(Math.max(...draw(leaf('fc.weight')).map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(512))
  })

  it('says which depths there are, and where an input does not fit', () => {
    expect(() => resnet({ depth: 20 as never, classes: 10 })).toThrow(
      new RangeError('resnet: depth must be one of 10, 14, 18, 26, 34, 50, 101, 152, 200, 269, not 20'),
    )
    expect(() => resnet({ depth: 18, classes: 10 }).plan([784])).toThrow(
      new ShapeError('conv1', 'conv2d takes [height,width,channels], but the input is [784]'),
    )
    expect(() => resnet({ depth: 18, classes: 0 })).toThrow(RangeError)
  })

  it('names the types of its trees', () => {
    const net = resnet({ depth: 50, classes: 10 })
    expectTypeOf(net).toEqualTypeOf<BottleneckResnet>()
    expectTypeOf(resnet({ depth: 18, classes: 10 })).toEqualTypeOf<BasicResnet>()
    type Params = ParamsOf<BottleneckResnet>
    expectTypeOf<Params['conv1']>().toEqualTypeOf<Conv2dParams>()
    expectTypeOf<Params['layer2'][0]['shortcut']['bn']>().toEqualTypeOf<BatchNormParams>()
    expectTypeOf<Params['layer2'][1]['conv3']>().toEqualTypeOf<Conv2dParams>()
    expectTypeOf<StateOf<BasicResnet>['layer1'][0]['bn2']>().toEqualTypeOf<BatchNormState>()
  })

  it('does not compile with a tree that it does not have', () => {
    type Promised = Omit<ParamsOf<BasicResnet>, 'layer1'> & { readonly layer1: { readonly nonsense: BatchNormParams } }
    // @ts-expect-error: layer1 is a row of blocks
    const wrong: Layer<Promised, StateOf<BasicResnet>> = resnet({ depth: 18, classes: 10 })
    // @ts-expect-error: what any layer has is unknown
    const hidden: BasicResnet = resnet({ depth: 18, classes: 10 }) as AnyLayer
    expect([wrong, hidden].length).toBe(2)
  })

  it('lends its layers to a prefix, to feature maps and to another head', () => {
    const { layers } = resnet({ depth: 18, classes: 10 })
    const { conv1, bn1, relu, maxPool, layer1, layer2 } = layers
    const features = sequential({ conv1, bn1, relu, maxPool, layer1, layer2 })
    expect(features.plan([64, 64, 3]).output).toEqual([8, 8, 128])
    const { fc: _, ...body } = layers
    const other = sequential({ ...body, fc: dense({ out: 3 }) })
    expect(other.plan([64, 64, 3]).output).toEqual([3])
    expect(layer1.layers[0].layers.first.layers.branch.layers.conv1.plan([8, 8, 64]).output).toEqual([8, 8, 64])
  })
})

describe('cifarResnet', () => {
  it('halves the image twice, whatever its size', () => {
    for (const shortcuts of Object.values(options)) {
      const net = small({ depth: 20, classes: 10, shortcuts })
      expect(outputs(net, [32, 32, 3], 'conv1', 'layer1', 'layer2', 'layer3', 'globalAvgPool')).toEqual([
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
    const shortcuts = (option: keyof typeof options): readonly string[] =>
      rowsOf(small({ depth: 20, classes: 10, shortcuts: options[option] }), [32, 32, 3])
        .filter(({ path }) => path.endsWith('.shortcut'))
        .map(({ path }) => path)
    expect(shortcuts('none')).toEqual([])
    expect(shortcuts('A')).toEqual(['layer2.0.shortcut', 'layer3.0.shortcut'])
    expect(shortcuts('B')).toEqual(shortcuts('A'))
    expect(shortcuts('C').length).toBe(9)
    const kinds = (option: 'A' | 'none'): number =>
      rowsOf(small({ depth: 56, classes: 10, shortcuts: options[option] }), [32, 32, 3]).filter(({ kind }) =>
        /Add/.test(kind),
      ).length
    expect([kinds('A'), kinds('none')]).toEqual([27, 0])
  })

  it.each([20, 110])('%i has the multiply-adds of its projections on top of those of option A', (depth) => {
    const macs = (option: keyof typeof options): number =>
      summary(small({ depth, classes: 10, shortcuts: options[option] }), [32, 32, 3]).macs
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
      ['layer3.0.conv1.weight', 9 * 32],
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
    expectTypeOf<ParamsOf<typeof net>['layer2'][1]['bn1']>().toEqualTypeOf<BatchNormParams>()
    expectTypeOf<ParamsOf<typeof net>['layer2'][0]>().not.toHaveProperty('shortcut')
    const projected = cifarResnet({ depth: 8, classes: 10, shortcuts: optionB })
    expectTypeOf<ParamsOf<typeof projected>['layer2'][0]['shortcut']['conv']>().toEqualTypeOf<Conv2dParams>()
    expectTypeOf<ParamsOf<typeof projected>['fc']>().toEqualTypeOf<DenseParams>()
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
    expectTypeOf<ParamsOf<typeof net>['conv1']>().toEqualTypeOf<{
      readonly conv: Conv2dParams
      readonly bn: BatchNormParams
    }>()
    expectTypeOf<StateOf<typeof net>['fc1']['bn']>().toEqualTypeOf<BatchNormState>()
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
    expect(largest('conv1.bias')).toBeLessThanOrEqual(1 / 7)
    expect(largest('conv1.bias')).toBeGreaterThan(0.8 / 7)
    expect(largest('layer1.0.conv1.weight')).toBeCloseTo(Math.sqrt(6 / (9 * 128)), 3)
  })

  it('cannot make tensors without a backend, but says so', () => {
    expect(() => init(lenet({ classes: 10 }), key(0), [28, 28, 1])).toThrow(/backend/i)
  })
})
