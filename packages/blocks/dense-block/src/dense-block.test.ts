import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { batchNorm } from '@resfn/batch-norm'
import { conv2d } from '@resfn/conv2d'
import { type AnyLayer, constant, init, type ParamsOf, sequential, ShapeError, summary, untyped } from '@resfn/layer'
import { type BatchNorm, type Conv2d, type Makers, makers } from '@resfn/makers'
import { OptionsError } from '@resfn/options'
import { key } from '@resfn/random'
import {
  bitsOf,
  checkGradients,
  describeBackends,
  draw,
  expectClose,
  expectNoLeak,
  expectTorchCase,
  gradientOf,
  torchCases,
} from '@resfn/test-utils'
import { denseBlock, denseBottleneck, denseLayer, type DenseLayerOptions, transition } from './index.ts'

const layers: { readonly [name: string]: AnyLayer } = {
  block: denseBlock({ layer: denseBottleneck({ growth: 2, width: 4 }), layers: 3 }),
  transition: transition({ compression: 0.4 }),
}

// Some inputs of ReLU on either side, none near 0.
const smooth: Makers = {
  ...makers,
  norm: () => batchNorm({ initial: { bias: constant(0.7) } }),
}

const block = fc.record({
  image: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 })),
  growth: fc.integer({ min: 1, max: 3 }),
  layers: fc.integer({ min: 1, max: 4 }),
  make: fc.constantFrom<(options: DenseLayerOptions) => AnyLayer>(denseLayer, denseBottleneck),
  seed: fc.nat(),
})

describeBackends('a dense block', () => {
  it.each(torchCases(new URL('./fixtures/torch.json', import.meta.url)))(
    'has the values, gradients and statistics of PyTorch ($name)',
    (fixture) => {
      // torchvision counts layers from 1.
      expectTorchCase(layers[fixture.name]!, fixture, (path) =>
        path.replace(/^(\d+)\./, (_, index) => `denselayer${Number(index) + 1}.`),
      )
    },
  )

  it('passes its input on bit for bit, and the gradient of those channels exactly', () => {
    fc.assert(
      fc.property(block, ({ image: [height, width, channels], growth, layers, make, seed }) =>
        tf.tidy(() => {
          const net = untyped(denseBlock({ layer: make({ growth }), layers }))
          const { params, state } = init(net, key(seed), [height, width, channels])
          const x = draw(seed, 2, height, width, channels)
          const passed = (y: tf.Tensor): tf.Tensor => tf.slice(y, [0, 0, 0, 0], x.shape)
          expect(bitsOf(passed(net.apply(params, x, state)))).toEqual(bitsOf(x))
          expect(bitsOf(passed(net.train(params, x, key(1)).y))).toEqual(bitsOf(x))
          const dy = draw(seed + 1, ...x.shape)
          const dx = gradientOf((at) => passed(net.train(params, at, key(1)).y), x, dy)
          expect([...dx.dataSync()]).toEqual([...dy.dataSync()])
        }),
      ),
      { numRuns: 25 },
    )
  })

  it('adds the growth rate with each layer, and each layer reads all before it', () => {
    tf.tidy(() => {
      const layer = denseLayer({ growth: 2 })
      const net = denseBlock({ layer, layers: 2 })
      const { params } = init(net, key(2), [3, 3, 4])
      const x = draw(3, 2, 3, 3, 4)
      const first = layer.layers.branch.train(params[0]!, x, key(0)).y
      const second = layer.layers.branch.train(params[1]!, tf.concat([x, first], -1), key(0)).y
      expectClose(net.train(params, x, key(0)).y, tf.concat([x, first, second], -1))
    })
  })

  it('has the gradients of finite differences, plain and with a bottleneck', () => {
    for (const layer of [denseLayer({ growth: 1 }, smooth), denseBottleneck({ growth: 1, width: 2 }, smooth)]) {
      const net = untyped(
        sequential({ block: denseBlock<typeof layer>({ layer, layers: 2 }), down: transition({}, smooth) }),
      )
      const tree = { params: init(net, key(4), [2, 2, 2]).params as object, x: draw(5, 2, 2, 2, 2) }
      const upstream = draw(6, 2, 1, 1, 4)
      const f = ({ params, x }: typeof tree): tf.Tensor => tf.sum(tf.mul(net.train(params, x, key(0)).y, upstream))
      checkGradients(f, tree, gradientOf(f, tree), { step: 3e-3, tolerance: 2e-2 })
    }
  })

  it('leaves no tensor behind, gradients included', () => {
    const net = sequential({
      block: denseBlock({ layer: denseBottleneck({ growth: 2 }), layers: 3 }),
      down: transition(),
    })
    const { params, state } = init(net, key(0), [4, 4, 3])
    const x = draw(1, 2, 4, 4, 3)
    expectNoLeak(() => tf.tidy(() => void gradientOf((p) => net.train(p, x, key(0)).y, params)))
    expectNoLeak(() => net.apply(params, x, state).dispose())
  })
})

describe('the plan of a dense block', () => {
  it('counts as in the paper: k l channels more, and floor(θ m) after the transition', () => {
    const net = denseBlock({ layer: denseBottleneck({ growth: 32 }), layers: 6 })
    expect(net.plan([56, 56, 64]).output).toEqual([56, 56, 256])
    expect(net.plan([56, 56, 64]).params[5]!.conv1.weight.shape).toEqual([1, 1, 64 + 5 * 32, 128])
    expect(transition({ compression: 0.5 }).plan([7, 7, 9]).output).toEqual([3, 3, 4])
    expect(transition().plan([8, 8, 9]).output).toEqual([4, 4, 9])
  })

  it('has 1,492 parameters for the block of "Dive into deep learning" with biases, and 286 for its transition', () => {
    const biased: Makers = { ...makers, conv: (options) => conv2d({ ...options, bias: true }) }
    const net = denseBlock({ layer: denseLayer({ growth: 10 }, biased), layers: 2 })
    expect(summary(net, [8, 8, 3])).toMatchObject({ params: 1492, output: [8, 8, 23] })
    const down = transition({ compression: 0.45 }, biased)
    expect(summary(down, [8, 8, 23])).toMatchObject({ params: 286, output: [4, 4, 10] })
  })

  it('leads each row of a summary to its parameters', () => {
    const { rows } = summary(denseBlock({ layer: denseLayer({ growth: 4 }), layers: 2 }), [8, 8, 3])
    expect(rows.map(({ path, kind }) => [path, kind])).toEqual([
      ['0', 'channels'],
      ['0.norm1', 'batchNorm'],
      ['0.act1', 'relu'],
      ['0.conv1', 'conv2d 3x3'],
      ['1', 'channels'],
      ['1.norm1', 'batchNorm'],
      ['1.act1', 'relu'],
      ['1.conv1', 'conv2d 3x3'],
    ])
  })

  it('says what is wrong and where', () => {
    const layer = denseLayer({ growth: 4 })
    expect(() => denseBlock({ layer, layers: 0 })).toThrow(
      new OptionsError('denseBlock: layers must be a whole number of at least 1, not 0'),
    )
    expect(() => denseLayer({ growth: 0 })).toThrow(OptionsError)
    expect(() => transition({ compression: 2 })).toThrow(
      new OptionsError('transition: compression must be a number from 0 to 1, not 2'),
    )
    expect(() => sequential({ down: transition({ compression: 0.1 }) }).plan([8, 8, 4])).toThrow(
      new ShapeError('down', 'the compression 0.1 leaves none of the 4 channels; use a larger compression'),
    )
    expect(() => denseBlock({ layer, layers: 1 }).plan([8])).toThrow(/^0\.conv1: conv2d takes/)
    expect(() => transition().plan([8])).toThrow(/^transition takes \[height,width,channels\]/)
  })

  it('names the types of its trees', () => {
    const net = denseBlock({ layer: denseBottleneck({ growth: 4 }), layers: 2 })
    expectTypeOf<ParamsOf<typeof net>[number]['conv2']>().toEqualTypeOf<ParamsOf<Conv2d>>()
    const down = transition()
    expectTypeOf<ParamsOf<typeof down>['norm']>().toEqualTypeOf<ParamsOf<BatchNorm>>()
  })
})
