import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fits, fromPublished, ourShape, publishedOf, toPublished } from './index.ts'

const counted = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => i)
const product = (shape: readonly number[]): number => shape.reduce((size, by) => size * by, 1)

describe('the order of axes follows from the key', () => {
  it.each([
    ['conv1.weight', [64, 3, 7, 7], [7, 7, 3, 64]],
    ['fc.weight', [10, 64], [64, 10]],
    ['se.conv.weight', [1, 1, 5], [5, 1, 1]],
    ['bn1.running_mean', [64], [64]],
    ['scale', [], []],
    ['conv1_conv/kernel', [7, 7, 3, 64], [7, 7, 3, 64]],
    ['conv1_conv/kernel:0', [7, 7, 3, 64], [7, 7, 3, 64]],
    ['resnet/head/conv2d/kernel', [1, 1, 64, 10], [1, 1, 64, 10]],
    ['block.kernel', [3, 4], [3, 4]],
    ['kernels.weight', [3, 4], [4, 3]],
  ])('%s %j is our %j', (key, shape, ours) => {
    expect(ourShape({ key, shape })).toEqual(ours)
  })

  it('is turned element by element', () => {
    const shape = [2, 3, 4, 5]
    const values = fromPublished(counted(120), { key: 'w.weight', shape })
    for (let o = 0; o < 2; o++)
      for (let i = 0; i < 3; i++)
        for (let y = 0; y < 4; y++)
          for (let x = 0; x < 5; x++) expect(values[((y * 5 + x) * 3 + i) * 2 + o]).toBe(((o * 3 + i) * 4 + y) * 5 + x)
  })

  it('is turned so where it is larger than a tile, either way', () => {
    const [out, inputs, positions] = [37, 3, 18] as const
    const published = { key: 'w.weight', shape: [out, inputs, 3, 6] }
    const values = fromPublished(counted(out * inputs * positions), published)
    const expected = Array.from({ length: values.length }, (_, at) => {
      const [position, rest] = [Math.floor(at / (inputs * out)), at % (inputs * out)]
      return ((rest % out) * inputs + Math.floor(rest / out)) * positions + position
    })
    expect([...values]).toEqual(expected)
    expect(toPublished(values, published)).toEqual(counted(values.length))
  })

  it('comes back', () => {
    const shape = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 })
    fc.assert(
      fc.property(shape, fc.constantFrom('a.weight', 'a/kernel'), (sizes, key) => {
        const published = { key, shape: sizes }
        const values = counted(product(sizes))
        expect(toPublished(fromPublished(values, published), published)).toEqual(values)
        expect(fits(published, ourShape(published))).toBe(true)
      }),
    )
  })
})

describe('the published tensor of a leaf', () => {
  const keys = [
    ['fc{j}.weight', 'conv{j}.weight@4'],
    ['eca.weight', 'eca.weight@3'],
    ['head.weight', 'head/kernel@4'],
  ] as const

  it.each([
    ['fc1.weight', [8, 2], 'conv1.weight', [2, 8, 1, 1]],
    ['eca.weight', [5], 'eca.weight', [1, 1, 5]],
    ['head.weight', [8, 3], 'head/kernel', [1, 1, 8, 3]],
    ['fc1.bias', [2], 'fc1.bias', [2]],
    ['conv.weight', [3, 3, 4, 8], 'conv.weight', [8, 4, 3, 3]],
  ])('%s %j is %s %j', (path, ours, key, shape) => {
    expect(publishedOf(path, ours, keys)).toEqual({ key, shape, beside: [] })
    expect(fits({ key, shape }, ours)).toBe(true)
  })

  it('fits only with the same sizes in the same order', () => {
    expect(fits({ key: 'fc.weight', shape: [10, 64] }, [64, 10])).toBe(true)
    expect(fits({ key: 'fc.weight', shape: [64, 10] }, [64, 10])).toBe(false)
    expect(fits({ key: 'fc.weight', shape: [10, 64, 3] }, [64, 10])).toBe(false)
  })
})
