import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Spec } from '@resfn/layer'
import { flatten } from '@resfn/tree'
import { keyOf, pathOf } from '../key-map.ts'
import { nets } from '../nets.ts'
import { torchvisionKeys } from './keys.ts'

type Published = { readonly nets: { readonly [name: string]: { readonly [key: string]: readonly number[] } } }

const published = (
  JSON.parse(readFileSync(new URL('./fixtures/torchvision-keys.json', import.meta.url), 'utf8')) as Published
).nets

const specsOf = (name: string): readonly { readonly path: string; readonly leaf: Spec }[] => {
  const { make, input, classes } = nets[name]!
  const { params, state } = make({ classes }).plan(input)
  return [...flatten<Spec>(params), ...flatten<Spec>(state)]
}

/** A filter of PyTorch is OIHW and a matrix [out, in]; ours are HWIO and [in, out]. */
const inLayoutOfTorch = (shape: readonly number[]): readonly number[] =>
  shape.length === 4 ? [shape[3]!, shape[2]!, shape[0]!, shape[1]!] : [...shape].reverse()

describe('the paths of a ResNet', () => {
  it.each([
    ['resnet18', 102],
    ['resnet34', 182],
    ['resnet50', 267],
    ['resnet101', 522],
    ['resnet152', 777],
  ])('%s are the %i keys of torchvision, with its shapes, but for four names', (name, count) => {
    const ours = Object.fromEntries(
      specsOf(name).map(({ path, leaf }) => [keyOf(path, torchvisionKeys), inLayoutOfTorch(leaf.shape)]),
    )
    expect(Object.keys(ours).length).toBe(count)
    expect(ours).toEqual(published[name])
  })

  it.each(['resnet18', 'resnet50', 'cifar-resnet20-b'])('of %s come back from their keys', (name) => {
    for (const { path } of specsOf(name)) expect(pathOf(keyOf(path, torchvisionKeys), torchvisionKeys)).toBe(path)
  })

  it('differ from the keys in these names alone', () => {
    const renamed = specsOf('resnet50')
      .map(({ path }) => path)
      .filter((path) => keyOf(path, torchvisionKeys) !== path)
    expect(renamed.every((path) => /shortcut|\.(mean|variance)$/.test(path))).toBe(true)
  })
})
