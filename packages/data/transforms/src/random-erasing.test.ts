import { key, split } from '@resfn/random'
import { describe, expect, it } from 'vitest'
import { type Images, randomErasing } from './index.ts'

const ones = (count: number, [height, width, channels]: readonly [number, number, number]): Images => ({
  images: new Float32Array(count * height * width * channels).fill(1),
  shape: [count, height, width, channels],
})
const size = 24 * 20 * 3
const each = (images: Float32Array, n: number): Float32Array => images.subarray(n * size, (n + 1) * size)

describe('randomErasing', () => {
  it('erases one rectangle of an allowed area and ratio', () => {
    const { images } = randomErasing({ probability: 1 })(ones(200, [24, 20, 3]), split(key(0), 200))
    for (let n = 0; n < 200; n++) {
      const erased = [...each(images, n)].flatMap((value, i) => (value === 0 ? [i] : []))
      const rows = erased.map((i) => Math.floor(i / 60))
      const columns = erased.map((i) => Math.floor((i % 60) / 3))
      const height = Math.max(...rows) - Math.min(...rows) + 1
      const width = Math.max(...columns) - Math.min(...columns) + 1
      expect(erased.length).toBe(height * width * 3)
      const area = (height * width) / (24 * 20)
      expect(area).toBeGreaterThan(0.01)
      expect(area).toBeLessThan(0.37)
      expect(height < 24 && width < 20).toBe(true)
    }
  })

  it('happens as often as it should, and the same for an image in any batch', () => {
    const keys = split(key(3), 400)
    const erase = randomErasing({ probability: 0.25 })
    const { images } = erase(ones(400, [24, 20, 3]), keys)
    const changed = Array.from({ length: 400 }, (_, n) => each(images, n).includes(0)).filter(Boolean).length
    expect(changed).toBeGreaterThan(65)
    expect(changed).toBeLessThan(140)
    expect(erase(ones(1, [24, 20, 3]), [keys[7]!]).images).toEqual(each(images, 7))
  })

  it.each([
    ['channel', 3],
    ['pixel', 20],
  ] as const)('fills with normal numbers for each %s', (fill, least) => {
    const { images } = randomErasing({ probability: 1, fill })(ones(1, [24, 20, 3]), [key(4)])
    const values = new Set([...images].filter((value) => value !== 1))
    if (fill === 'channel') expect(values.size).toBe(least)
    else expect(values.size).toBeGreaterThan(least)
  })

  it('leaves an image alone that no rectangle fits into, and names what is wrong', () => {
    expect(randomErasing({ probability: 1 })(ones(1, [1, 1, 1]), [key(0)]).images).toEqual(new Float32Array([1]))
    expect(() => randomErasing({ area: [0.5, 0.2] })).toThrow('two numbers in order')
    expect(() => randomErasing({ fill: 'mean' as never })).toThrow('fill must be')
    expect(() => randomErasing()(ones(1, [4, 4, 1]), [])).toThrow('image 0 has no key')
  })
})
