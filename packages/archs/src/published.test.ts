import { describe, expect, it } from 'vitest'
import { type Spec, sizeOf } from '@resfn/layer'
import { flatten } from '@resfn/tree'
import { keyOf, keysBeside } from './key-map.ts'
import { nets } from './nets.ts'

const published = (name: string, format: string): { readonly keys: readonly string[]; readonly values: number } => {
  const { make, input, classes, keys } = nets[name]!
  const { params, state } = make({ classes }).plan(input)
  const entries = [...flatten<Spec>(params), ...flatten<Spec>(state)]
  return {
    keys: entries.flatMap(({ path }) => [keyOf(path, keys![format]!), ...keysBeside(path, keys![format]!)]),
    values: entries.reduce((sum, { leaf }) => sum + sizeOf(leaf.shape), 0),
  }
}

const everyKeyIs = (keys: readonly string[], scheme: RegExp): void => {
  expect(keys.filter((key) => !scheme.test(key))).toEqual([])
  expect(new Set(keys).size).toBe(keys.length)
}

describe('the keys of transformers', () => {
  const conv = String.raw`convolution\.weight`
  const norm = String.raw`normalization\.(weight|bias|running_mean|running_var|num_batches_tracked)`
  const block = String.raw`resnet\.encoder\.stages\.[0-3]\.layers\.\d+\.(layer\.[0-2]|shortcut)`
  const scheme = new RegExp(
    `^((resnet\\.embedder\\.embedder|${block})\\.(${conv}|${norm})|classifier\\.1\\.(weight|bias))$`,
  )

  it.each([
    ['resnet18', 122],
    ['resnet34', 218],
    ['resnet50', 320],
    ['resnet101', 626],
    ['resnet152', 932],
  ])('of %s are %i, all in its scheme', (name, count) => {
    const { keys } = published(name, 'transformers')
    expect(keys.length).toBe(count)
    everyKeyIs(keys, scheme)
  })
})

describe('the keys of Keras', () => {
  const layers = String.raw`conv1|conv[2-5]_block\d+_[0-3]|pool[2-4]`
  const scheme = new RegExp(
    `^((${layers})_conv/(kernel|bias)|((${layers})_)?bn/(gamma|beta|moving_mean|moving_variance)|predictions/(kernel|bias))$`,
  )

  it.each([
    ['keras-resnet50', 25636712],
    ['keras-resnet101', 44707176],
    ['keras-resnet152', 60419944],
    ['densenet121', 8062504],
    ['densenet169', 14307880],
    ['densenet201', 20242984],
  ])('of %s are in its scheme, and stand for the %i values that it publishes', (name, total) => {
    const { keys, values } = published(name, 'keras')
    expect(values).toBe(total)
    everyKeyIs(keys, scheme)
  })
})

describe('the keys of akamaster', () => {
  it.each([
    ['cifar-resnet20', 20],
    ['cifar-resnet56', 56],
    ['cifar-resnet20-b', 20],
  ])('of %s are in its scheme', (name, depth) => {
    const { keys } = published(name, 'akamaster')
    const norm = String.raw`(weight|bias|running_mean|running_var|num_batches_tracked)`
    everyKeyIs(
      keys,
      new RegExp(
        `^(layer[1-3]\\.\\d+\\.)?(conv[12]\\.weight|bn[12]\\.${norm})$|^layer[23]\\.0\\.shortcut\\.(0\\.weight|1\\.${norm})$|^linear\\.(weight|bias)$`,
      ),
    )
    // A convolution and a normalisation for each layer but the last, which has a weight and a bias; two more shortcuts.
    expect(keys.length).toBe((depth - 1) * 6 + 2 + (name.endsWith('-b') ? 12 : 0))
  })
})
