import { key } from '@resfn/random'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Batch, batches, cutmix, type Examples, type ImageSet, mixed, type Mixing, mixup } from './index.ts'

const examplesOf = (count: number, height: number, width: number): Examples => ({
  images: Float32Array.from({ length: count * height * width * 2 }, (_, i) => i + 1),
  shape: [count, height, width, 2],
  labels: Int32Array.from({ length: count }, (_, i) => i % 3),
})
const shapes = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))

describe('mixup', () => {
  it('is the sum of an image and its partner, with the labels in the same shares', () => {
    fc.assert(
      fc.property(shapes, fc.double({ min: 0, max: 1, noNaN: true }), (shape, share) => {
        const given = examplesOf(...shape)
        const { images, targets, labels } = mixup(given, { share, classes: 3 })
        const size = images.length / shape[0]
        for (let n = 0; n < shape[0]; n++) {
          const partner = shape[0] - 1 - n
          for (let i = 0; i < size; i++)
            expect(images[n * size + i]).toBeCloseTo(
              share * given.images[n * size + i]! + (1 - share) * given.images[partner * size + i]!,
              3,
            )
          const expected = [0, 0, 0]
          expected[given.labels[n]!]! += share
          expected[given.labels[partner]!]! += 1 - share
          expected.forEach((target, c) => expect(targets![3 * n + c]).toBeCloseTo(target, 6))
          expect(labels[n]).toBe(given.labels[share >= 0.5 ? n : partner])
        }
      }),
    )
  })
})

describe('cutmix', () => {
  it('takes a rectangle of the partner, and its share of the label', () => {
    const boxes = fc.tuple(fc.nat(6), fc.nat(6), fc.nat(6), fc.nat(6))
    fc.assert(
      fc.property(shapes, boxes, (shape, [a, b, c, d]) => {
        const [count, height, width] = shape
        const rows = [Math.min(a, height), Math.min(b, height)].toSorted((x, y) => x - y)
        const columns = [Math.min(c, width), Math.min(d, width)].toSorted((x, y) => x - y)
        const box = { top: rows[0]!, bottom: rows[1]!, left: columns[0]!, right: columns[1]! }
        const given = examplesOf(...shape)
        const { images, targets } = cutmix(given, { box, classes: 3 })
        const size = height * width * 2
        for (let n = 0; n < count; n++) {
          const own = images
            .subarray(n * size, (n + 1) * size)
            .filter((x, i) => x === given.images[n * size + i]).length
          const area = (box.bottom - box.top) * (box.right - box.left)
          // The middle image of an odd batch is its own partner.
          const isOwn = 2 * n + 1 === count
          expect(own).toBe(isOwn ? size : size - 2 * area)
          const share = 1 - area / (height * width)
          const target = given.labels[n] === given.labels[count - 1 - n] ? 1 : share
          expect(targets![3 * n + given.labels[n]!]).toBeCloseTo(target, 6)
        }
      }),
    )
  })
})

describe('mixed', () => {
  const set: ImageSet = {
    images: Uint8Array.from({ length: 24 * 9 }, (_, i) => (i * 31) % 256),
    labels: Uint8Array.from({ length: 24 }, (_, i) => i % 3),
    shape: [3, 3, 1],
    classes: ['a', 'b', 'c'],
  }
  const pass = async (more: Partial<Mixing>, start = { epoch: 0, batch: 0 }): Promise<readonly Batch[]> => {
    const found: Batch[] = []
    const plain = batches(set, { size: 4, key: key(0), epochs: 3, start })
    for await (const batch of mixed(plain, { classes: 3, key: key(5), ...more })) found.push(batch)
    return found
  }

  it('gives the same from any cursor on, and keeps the sizes', async () => {
    const more = { mixup: 0.2, cutmix: 1 }
    const all = await pass(more)
    expect(await pass(more, all[6]!.next)).toEqual(all.slice(7))
    expect(mixed(batches(set, { size: 5, key: key(0) }), { classes: 3, key: key(1) }).sizes).toEqual({
      examples: 24,
      full: 5,
      last: 4,
    })
  })

  it('mixes with targets that sum to 1, in other shares for each batch', async () => {
    const all = await pass({ mixup: 0.8 })
    for (const { targets } of all)
      for (let n = 0; n < 4; n++)
        expect([...targets!.subarray(3 * n, 3 * n + 3)].reduce((sum, target) => sum + target, 0)).toBeCloseTo(1, 6)
    expect(new Set(all.map(({ targets }) => String(targets))).size).toBe(18)
  })

  it('leaves batches as they are by chance, or where nothing is to be mixed', async () => {
    const plain = await pass({})
    expect(plain.every(({ targets }) => targets === undefined)).toBe(true)
    expect(await pass({ mixup: 1, probability: 0 })).toEqual(plain)
    const half = (await pass({ cutmix: 1, probability: 0.5 })).filter(({ targets }) => targets !== undefined)
    expect(half.length).toBeGreaterThan(3)
    expect(half.length).toBeLessThan(15)
  })

  it('names a wrong option', () => {
    const plain = batches(set, { size: 4, key: key(0) })
    expect(() => mixed(plain, { classes: 3, key: key(0), mixup: 0 })).toThrow('mixup must be a number above 0')
    expect(() => mixed(plain, { classes: 3, key: key(0), cutMix: 1 } as never)).toThrow('did you mean cutmix?')
  })
})
