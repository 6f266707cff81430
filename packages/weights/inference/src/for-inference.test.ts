import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { activation } from '@resfn/activation'
import { nets } from '@resfn/archs'
import { batchNorm } from '@resfn/batch-norm'
import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import {
  type AnyLayer,
  init,
  lift,
  repeat,
  sequential,
  type Shape,
  ShapeError,
  skip,
  sum,
  summary,
  untyped,
  type Variables,
} from '@resfn/layer'
import { globalAvgPool } from '@resfn/pool'
import { key } from '@resfn/random'
import { describeBackends, draw, expectNoLeak, relativeError } from '@resfn/test-utils'
import { dispose, leaves, mapTo } from '@resfn/tree'
import { forInference, InferenceError } from './index.ts'

/** Parameters and state that no normalisation is the identity with; filters stay, or deep nets would overflow. */
const drawn = (net: AnyLayer, input: Shape): Variables<unknown, unknown> => {
  const { params, state } = init(untyped(net), key(1), input)
  const moved = (tree: unknown): unknown =>
    mapTo(tree, (leaf: tf.Tensor, path: string) =>
      leaf.rank > 1
        ? tf.clone(leaf)
        : tf.tidy(() => tf.add(leaf, tf.mul(tf.abs(draw(path.length, ...leaf.shape)), 0.1))),
    )
  const result = { params: moved(params), state: moved(state) }
  dispose([params, state])
  return result
}

const countIn = (tree: unknown): number => leaves(tree).reduce((sum, { size }) => sum + size, 0)

type Kinds = { readonly [kind: string]: number }

/** What the net for inference runs, how often; expects that it says what the net says. */
const kindsOf = (layer: AnyLayer, input: Shape): Kinds => {
  const net = untyped(layer)
  const variables = drawn(net, input)
  const fast = forInference(net, variables, { input })
  const x = draw(3, 3, ...input)
  const y = fast.net.apply(fast.params, x, {})
  expect(relativeError(y, net.apply(variables.params, x, variables.state))).toBeLessThan(1e-4)
  const { rows, params, output } = summary(fast.net, input)
  expect([params, output]).toEqual([countIn(fast.params), y.shape.slice(1)])
  dispose([variables, fast.params])
  const kinds: { [kind: string]: number } = {}
  for (const { kind } of rows) kinds[kind] = (kinds[kind] ?? 0) + 1
  return kinds
}

const image: Shape = [7, 6, 4]

const block = (last: AnyLayer): AnyLayer =>
  sequential({
    residual: skip(sum)(
      untyped(
        sequential({
          conv1: conv2d({ out: 4, size: 3 }),
          bn1: batchNorm(),
          act1: activation('relu'),
          conv2: conv2d({ out: 4, size: 3 }),
          last: untyped(last),
        }),
      ),
    ),
    act: activation('relu'),
  })

describeBackends('a net for inference', () => {
  it.each<readonly [string, AnyLayer, Kinds]>([
    ['a block', block(batchNorm()), { FusedConvolution: 2 }],
    [
      'a sum before the normalisation',
      sequential({ add: skip(sum)(conv2d({ out: 4, size: 1 })), bn: batchNorm(), act: activation('relu6') }),
      { FusedConvolution: 1, ScaleShift: 1 },
    ],
    [
      'a convolution that is read twice',
      sequential({
        conv: conv2d({ out: 4, size: 1 }),
        add: skip(sum)(sequential({ bn: batchNorm(), act: activation('relu') })),
      }),
      { FusedConvolution: 1, ScaleShift: 1, Add: 1 },
    ],
    [
      'an activation before the sum',
      sequential({ add: skip(sum)(sequential({ conv: conv2d({ out: 4, size: 3 }), act: activation('relu') })) }),
      { FusedConvolution: 1, Add: 1 },
    ],
    [
      'windows of every kind',
      sequential({
        wide: conv2d({ out: 8, size: 5, stride: 2, bias: true }),
        far: conv2d({ out: 8, size: 3, dilation: 2 }),
        both: conv2d({ out: 8, size: 3, stride: 2, dilation: 2 }),
        groups: conv2d({ out: 8, size: 3, groups: 2 }),
        bn: batchNorm(),
        depthwise: conv2d({ out: 16, size: 3, groups: 8 }),
        bn2: batchNorm(),
        act: activation('relu'),
      }),
      { FusedConvolution: 5 },
    ],
    [
      'a window with other paddings on each side',
      sequential({
        same: lift((x) => tf.conv2d(x as tf.Tensor4D, tf.ones([2, 2, 4, 4]), 2, 'same')),
        bn: batchNorm(),
        act: activation('relu'),
      }),
      { Conv2D: 1, Add: 1, Relu: 1 },
    ],
    [
      'factors of samples',
      sequential({
        scale: lift((x) => tf.add(x, tf.mul(x, tf.mean(x, [1, 2], true)))),
        turned: lift((x) => tf.relu(tf.mul(tf.tensor1d([1, -1, 2, 3]), x))),
        lines: lift((x) => tf.mul(x, tf.mean(x, [1], true))),
      }),
      { Mean: 2, ScaleShift: 2, Multiply: 1 },
    ],
    [
      'features',
      sequential({
        pool: globalAvgPool,
        fc: dense({ out: 6 }),
        bn: batchNorm(),
        act: activation('relu'),
        head: dense({ out: 3 }),
      }),
      { Mean: 1, BatchMatMul: 2, Add: 2, Reshape: 2, ScaleShift: 1, Relu: 1 },
    ],
    ['nothing', lift((x) => x), {}],
  ])('runs few kernels: %s', (_, net, kinds) => {
    expect(kindsOf(net, image)).toEqual(kinds)
  })

  it('leaves no tensor but its parameters and results, and does not need those of the net', () => {
    const net = untyped(repeat([block(batchNorm()), block(batchNorm())]))
    const variables = drawn(net, image)
    const x = draw(3, 2, ...image)
    expectNoLeak(() => dispose(forInference(net, variables, { input: image }).params))
    const fast = forInference(net, variables, { input: image })
    const expected = net.apply(variables.params, x, variables.state)
    dispose(variables)
    expectNoLeak(() => fast.net.apply(fast.params, x, {}).dispose())
    expect(relativeError(fast.net.apply(fast.params, x, {}), expected)).toBeLessThan(1e-5)
    dispose([fast.params, expected, x])
  })

  it('says what it cannot do', () => {
    const net = block(batchNorm())
    const fast = forInference(untyped(net), drawn(net, image), { input: image })
    expect(() => fast.net.apply(fast.params, draw(1, 2, 8, 6, 4), {})).toThrow(
      new ShapeError(
        '',
        'this net was made by forInference for [7,6,4], but the input is [8,6,4]; make one for that shape',
      ),
    )
    expect(() => fast.net.train(fast.params, draw(1, 2, ...image), key(0))).toThrow(InferenceError)
    dispose(fast.params)
  })
})

/**
 * Small members of the families, and how many factors stay: normalisations that come before a convolution, and products
 * with attention.
 */
const families: { readonly [name: string]: number } = {
  'lenet-bn': 2,
  'cifar-resnet8': 0,
  'cifar-preactresnet20': 10,
  'cifar-densenet40-12': 39,
  'cifar-attention56': 36,
  'cifar-seresnet20': 9,
  resnet10t: 0,
  resnest14d: 4,
}

describeBackends(
  'a family for inference',
  () => {
    it.each(Object.entries(families))(
      '%s keeps %i normalisations',
      (name, kept) => {
        const { make, input: own } = nets[name]!
        const input = own[0]! > 64 ? [32, 32, own[2]!] : own
        const kinds = kindsOf(make({ classes: 10 }), input)
        console.log(name, JSON.stringify(kinds))
        expect([kinds['FusedBatchNorm'], kinds['Conv2D'], kinds['ScaleShift'] ?? 0]).toEqual([
          undefined,
          undefined,
          kept,
        ])
      },
      120_000,
    )
  },
  ['wasm'],
)
