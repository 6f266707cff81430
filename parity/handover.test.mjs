// @ts-check
// The small nets, and one of each kind for photographs, as ONNX Runtime runs them; some also as
// TensorFlow.js does.
import { nets } from '@resfn/archs'
import { summary } from '@resfn/layer'
import { useWasm } from '@resfn/wasm'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { besideOnnx, besideTfjs, examples, largestInTests } from './handover.mjs'

const small = Object.entries(nets)
  .filter(([, { make, input }]) => summary(make({ classes: 10 }), input).params <= largestInTests)
  .map(([name]) => name)

beforeAll(() => useWasm({ threads: 1 }))

describe('the logits in ONNX Runtime of', () => {
  it.each([...new Set([...small, ...examples])])('%s are ours', async (name) => {
    const before = tf.memory().numTensors
    const results = await besideOnnx(name)
    expect(results.map(({ batchNorm, batch }) => `${batchNorm} ${batch}`)).toEqual([
      'kept 1',
      'kept 3',
      'folded 1',
      'folded 3',
    ])
    for (const { batchNorm, batch, difference } of results)
      expect(difference, `${batchNorm}, batch of ${batch}`).toBeLessThan(1e-4)
    expect(results[2]?.norms).toBeLessThanOrEqual(results[0]?.norms ?? 0)
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('the logits of the graph model in TensorFlow.js of', () => {
  it.each([
    'lenet-bn',
    'cifar-attention56',
    'resnext50_32x4d',
    'resnetv2_50x1_bit',
    'skresnet18',
    'densenetblur121d',
    'resnest14d',
  ])('%s are ours', async (name) => {
    const before = tf.memory().numTensors
    for (const { batch, difference } of await besideTfjs(name))
      expect(difference, `batch of ${batch}`).toBeLessThan(1e-4)
    expect(tf.memory().numTensors).toBe(before)
  })
})
