import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { createNet } from '@resfn/archs'
import { convBn } from '@resfn/conv-bn'
import { dense } from '@resfn/dense'
import { init, repeat, sequential, untyped } from '@resfn/layer'
import { makers } from '@resfn/makers'
import { globalAvgPool, globalMaxPool } from '@resfn/pool'
import { key } from '@resfn/random'
import { projectedResidualBlock, residualBlock } from '@resfn/residual-block'
import {
  describeBackends,
  draw,
  expectClose,
  expectNoLeak,
  readFixture,
  stir,
  tensorOf,
  type Values,
} from '@resfn/test-utils'
import { dispose, mapTo } from '@resfn/tree'
import { describe, expect, it } from 'vitest'
import { ActivationError, classActivation, gradCam, lastMaps } from './index.ts'

const net = untyped(
  sequential({
    conv1: convBn({ out: 6, size: 3 }),
    act: makers.act,
    layer1: repeat([residualBlock({ out: 6 }), residualBlock({ out: 6 })]),
    layer2: repeat([
      projectedResidualBlock({ out: 8, stride: 2, shortcut: convBn({ out: 8, size: 1, stride: 2 }) }),
      residualBlock({ out: 8 }),
    ]),
    pool: globalAvgPool,
    fc: dense({ out: 5 }),
  }),
)

const fixture = readFixture<{
  readonly x: Values
  readonly logits: Values
  readonly tensors: { readonly [key: string]: Values }
  readonly cases: readonly { readonly layer: string; readonly class: number; readonly map: Values }[]
}>(new URL('fixtures/torch.json', import.meta.url))

const variables = (): { readonly params: unknown; readonly state: unknown } => {
  const plan = net.plan(fixture.x.shape.slice(1))
  const leaf = (_: unknown, path: string): tf.Tensor =>
    tensorOf(fixture.tensors[path.replace(/\bmean$/, 'running_mean').replace(/\bvariance$/, 'running_var')]!)
  return { params: mapTo(plan.params, leaf), state: mapTo(plan.state, leaf) }
}

/** A net as if it had learned. */
const learned = (
  name: string,
  input: readonly number[],
): { readonly net: ReturnType<typeof createNet>; readonly params: unknown; readonly state: unknown } => {
  const of = createNet(name, { classes: 4 })
  const { params, state } = init(of, key(1), input)
  return { net: of, params: stir(params), state: stir(state) }
}

describeBackends('gradCam', () => {
  it.each(fixture.cases.map((one) => [one.layer, one.class, one.map] as const))(
    'is what the hooks of PyTorch see: %s, class %i',
    (layer, index, expected) => {
      tf.tidy(() => {
        const { params, state } = variables()
        const { map, logits } = gradCam(net, params, state, tensorOf(fixture.x), { layer, class: index })
        expect(map.shape).toEqual(expected.shape)
        expectClose(map, expected.values, 1e-4)
        expectClose(logits, fixture.logits.values, 1e-5)
      })
    },
  )

  it('of each image is that of the image alone, for a class of its own', () => {
    tf.tidy(() => {
      const { params, state } = variables()
      const x = tensorOf(fixture.x)
      const both = gradCam(net, params, state, x, { layer: 'layer1', class: [4, 1] }).map
      const alone = [4, 1].map(
        (index, i) =>
          gradCam(net, params, state, tf.slice(x, [i, 0, 0, 0], [1, -1, -1, -1]), { layer: 'layer1', class: index })
            .map,
      )
      expectClose(both, [...tf.concat(alone).dataSync()], 1e-5)
    })
  })

  it('is for the predicted class where none is given', () => {
    tf.tidy(() => {
      const { params, state } = variables()
      const x = tensorOf(fixture.x)
      const { map, logits } = gradCam(net, params, state, x, { layer: 'layer2' })
      const said = [...tf.argMax(logits, 1).dataSync()]
      expectClose(map, [...gradCam(net, params, state, x, { layer: 'layer2', class: said }).map.dataSync()], 1e-6)
    })
  })

  it('leaves nothing but its map and its logits', () => {
    const { params, state } = variables()
    const x = tensorOf(fixture.x)
    const before = tf.memory().numTensors
    const made = gradCam(net, params, state, x, { layer: 'layer1.1' })
    expect(tf.memory().numTensors - before).toBe(2)
    dispose(made)
    expectNoLeak(() => dispose(gradCam(net, params, state, x, { layer: 'layer2', class: 2 })))
    expectNoLeak(() => dispose(classActivation(net, params, state, x)))
    expectNoLeak(() => expect(() => gradCam(net, params, state, x, { layer: 'layer2', class: 9 })).toThrow())
  })
})

describeBackends('classActivation', () => {
  it.each([
    ['cifar-resnet8', [8, 12, 3]],
    ['cifar-preactresnet20', [8, 8, 3]],
    ['resnet18', [64, 64, 3]],
  ] as const)(
    'over the pixels, without what is negative, is Grad-CAM; its mean is the logit: %s',
    (name, input) => {
      fc.assert(
        fc.property(fc.nat(3), fc.nat(1000), (index, seed) =>
          tf.tidy(() => {
            const { net: of, params, state } = learned(name, input)
            const x = draw(seed, 2, ...input)
            const layer = lastMaps(of, input)
            const cam = classActivation(of, params, state, x, { class: index })
            const pixels = cam.map.shape[1]! * cam.map.shape[2]!
            expectClose(
              gradCam(of, params, state, x, { layer, class: index }).map,
              [...tf.div(tf.relu(cam.map), pixels).dataSync()],
              1e-4,
            )
            const { bias } = (params as { readonly fc: { readonly bias: tf.Tensor } }).fc
            const logit = tf.add(tf.mean(cam.map, [1, 2]), tf.gather(bias, index))
            expectClose(logit, [...tf.gather(cam.logits, index, 1).dataSync()], 1e-4)
          }),
        ),
        { numRuns: name === 'resnet18' ? 1 : 5 },
      )
    },
    30_000,
  )
})

describe('class activation maps', () => {
  it('say what they cannot be made of', () => {
    const { params, state } = variables()
    const x = tensorOf(fixture.x)
    const wrong = (layer: string, index?: number | readonly number[]) => (): unknown =>
      gradCam(net, params, state, x, index === undefined ? { layer } : { layer, class: index })
    expect(wrong('layer3')).toThrow('layer3: there is no such part; did you mean layer1 or layer2?')
    expect(wrong('pool')).toThrow(
      'pool: it gives [8], but a class activation map needs maps [height,width,channels]; name a part before the pooling',
    )
    expect(wrong('pool')).toThrow(ActivationError)
    expect(wrong('layer1', 5)).toThrow('class must be a whole number from 0 to 4, not 5')
    expect(wrong('layer1', -1)).toThrow(ActivationError)
    expect(wrong('layer1', [1])).toThrow('there are 1 classes for 2 images; give one for each, or one')
    const pooled = untyped(
      sequential({ conv: convBn({ out: 4, size: 3 }), pool: globalMaxPool, fc: dense({ out: 2 }) }),
    )
    const own = init(pooled, key(0), [8, 10, 3])
    expect(() => classActivation(pooled, own.params, own.state, x)).toThrow(
      /ends in a global average pooling and a dense layer, but after conv come pool, fc; use gradCam/,
    )
    expect(() => lastMaps(dense({ out: 2 }), [3])).toThrow(/no part of this net gives maps/)
  })
})
