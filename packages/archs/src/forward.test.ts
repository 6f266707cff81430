import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { type AnyLayer, init, type Shape, type Spec, untyped, withState } from '@resfn/layer'
import { key, normal } from '@resfn/random'
import { dispose, flatten } from '@resfn/tree'
import { type BackendName, describeBackends, expectClose } from '@resfn/test-utils'
import { cifarResnet, noShortcuts, optionA, optionB, optionC } from './cifar-resnet/index.ts'
import { lenet } from './lenet/index.ts'
import { cifarAttention, cifarResattnet } from './residual-attention/index.ts'
import { d2lResnet18, resnet } from './resnet/index.ts'

// The plain JavaScript backend runs the small nets; the nets with millions of parameters run where it is fast.
const small: readonly (readonly [name: string, net: AnyLayer, input: Shape])[] = [
  ['LeNet', lenet({ classes: 10 }), [28, 28, 1]],
  ['ResNet-14, option A', cifarResnet({ depth: 14, classes: 5, shortcuts: optionA }), [9, 8, 3]],
  ['ResNet-14, option B', cifarResnet({ depth: 14, classes: 5, shortcuts: optionB }), [9, 8, 3]],
  ['ResNet-14, option C', cifarResnet({ depth: 14, classes: 5, shortcuts: optionC }), [9, 8, 3]],
  ['ResNet-14, plain', cifarResnet({ depth: 14, classes: 5, shortcuts: noShortcuts }), [9, 8, 3]],
]
const large: typeof small = [
  ['ResNet-18 for ImageNet', resnet({ depth: 18, classes: 7 }), [40, 33, 3]],
  ['ResNet-50 for ImageNet', resnet({ depth: 50, classes: 7 }), [32, 32, 3]],
  ['ResNet-50 with the paper’s stride', resnet({ depth: 50, classes: 7, strideOn: '1x1' }), [32, 32, 3]],
  ['ResNet-18 of the textbook', d2lResnet18({ classes: 10 }), [28, 28, 1]],
  ['Attention-56 for CIFAR', cifarAttention({ depth: 56, classes: 3 }), [32, 32, 3]],
  ['Attention-56 of the ports for CIFAR', cifarResattnet({ depth: 56, classes: 3 }), [16, 17, 1]],
]
const netsFor: { readonly [name in BackendName]: typeof small } = { cpu: small, wasm: [...small, ...large] }

describeBackends('forward passes', (backend) => {
  it.each(netsFor[backend])(
    '%s has the planned trees and shapes, and finite values in training and evaluation',
    (_, anyNet, input) => {
      const net = untyped(anyNet)
      const plan = net.plan(input)
      const { params, state } = init(net, key(1), input)
      const shapes = (tree: unknown): readonly unknown[] =>
        flatten<Spec | tf.Tensor>(tree).map(({ path, leaf }) => [path, [...leaf.shape]])
      expect(shapes(params)).toEqual(shapes(plan.params))
      expect(shapes(state)).toEqual(shapes(plan.state))
      tf.tidy(() => {
        const size = input.reduce((product, extent) => product * extent, 2)
        const x = tf.tensor(normal(key(2), size), [2, ...input])
        const { y, seen } = net.train(params, x, key(3))
        const predicted = withState(net, state)(params, x)
        expect(shapes(seen)).toEqual(shapes(state))
        for (const logits of [y, predicted]) {
          expect(logits.shape).toEqual([2, ...plan.output])
          expect(logits.dataSync().every(Number.isFinite)).toBe(true)
        }
        // In evaluation a sample does not see the others of its batch.
        expectClose(withState(net, state)(params, tf.slice(x, 0, 1)), tf.slice(predicted, 0, 1), 2e-5)
      })
      dispose([params, state])
    },
    60_000,
  )

  it('draws the same parameters from the same key, and others from another', () => {
    const net = cifarResnet({ depth: 8, classes: 10 })
    const draw = (seed: number): readonly number[][] =>
      flatten(init(net, key(seed), [8, 8, 3]).params).map(({ leaf }) => [...leaf.dataSync()])
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)[0]).not.toEqual(draw(2)[0])
  })

  it('draws the shared leaves alike whatever else the net has', () => {
    const leaf = (net: AnyLayer): readonly number[] => [
      ...flatten(init(untyped(net), key(1), [8, 8, 3]).params)
        .find(({ path }) => path === 'layer3.0.conv2.weight')!
        .leaf.dataSync(),
    ]
    const [a, b] = [cifarResnet({ depth: 8, classes: 10 }), cifarResnet({ depth: 8, classes: 10, shortcuts: optionB })]
    expect(leaf(a)).toEqual(leaf(b))
  })
})
