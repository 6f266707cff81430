import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { init } from '@resfn/layer'
import { key, normal } from '@resfn/random'
import { insertIdentity, removeIdentity } from '@resfn/surgery'
import { flatten } from '@resfn/tree'
import { describeBackends } from '@resfn/test-utils'
import { createNet } from './create-net.ts'

const input = [32, 32, 3]

/** A place in each of the nets, whose blocks end with an activation, or have it before their convolutions. */
const places: readonly (readonly [name: string, stage: string, index: number])[] = [
  ['resnet18', 'layer3', 2],
  ['resnet50', 'layer1', 1],
  ['cifar-resnet20', 'layer2', 2],
  ['resnetv2_18', 'layer1', 0],
  ['resnetv2_50', 'layer4', 1],
  ['preactresnet18', 'layer2', 2],
]

describeBackends(
  'a net with a block more that is the identity',
  () => {
    it.each(places)('has the logits of %s to the bit (%s.%i), and without it its trees again', (name, stage, index) => {
      tf.tidy(() => {
        const net = createNet(name, { classes: 5 })
        const trees = { net, ...init(net, key(1), input) }
        const x = tf.tensor(normal(key(2), 2 * 32 * 32 * 3), [2, ...input])
        const deeper = insertIdentity(trees, { stage, index, input, key: key(3) })
        const [before, after] = [trees, deeper].map((at) => at.net.apply(at.params, x, at.state).dataSync())
        expect(new Uint8Array(after!.slice().buffer)).toEqual(new Uint8Array(before!.slice().buffer))
        const back = removeIdentity(deeper, { stage, index, input })
        const leaves = (tree: unknown): readonly unknown[] => flatten(tree).map(({ leaf }) => leaf)
        expect(leaves(deeper.params).length).toBeGreaterThan(leaves(trees.params).length)
        expect(leaves([back.params, back.state])).toEqual(leaves([trees.params, trees.state]))
      })
    })
  },
  ['wasm'],
)
