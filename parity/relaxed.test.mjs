// @ts-check
// A small net of each family with relaxed SIMD, which Node 20 has behind a flag: products and sums are rounded once,
// not twice.
import { setFlagsFromString } from 'node:v8'
import { useWasm } from '@resfn/wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { besideFixture } from './evaluate.mjs'

const ofEachFamily = [
  'lenet-bn',
  'cifar-resnet20',
  'cifar-wrn16_4',
  'cifar-preactresnet20',
  'cifar-densenet-bc100-12',
  'cifar-attention56',
  'cifar-resattnet56',
  'cifar-seresnet20',
  'resnet18',
  'resnet50d',
  'resnext50_32x4d',
  'keras-resnet50',
  'resnetv2_50',
  'resnetv2_50x1_bit',
  'densenet121',
  'seresnet50',
  'legacy_seresnet18',
  'ecaresnet26t',
  'skresnet18',
  'cbam_resnet50',
  'bam_resnet50',
  'resnest14d',
  'res2net50_26w_4s',
  'resnetrs50',
  'attention56',
  'attentionnext56',
]

describe('with relaxed SIMD the logits of', () => {
  beforeAll(async () => {
    if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd')
    expect((await useWasm({ threads: 2 })).simd).toBe('relaxed')
  })

  it.each(ofEachFamily)('%s are those of PyTorch', (name) => {
    for (const { size, difference, sameTop5 } of besideFixture(name).sizes) {
      expect(difference, `at ${size}`).toBeLessThan(1e-3)
      expect(sameTop5, `the five largest at ${size}`).toBe(true)
    }
  })
})
