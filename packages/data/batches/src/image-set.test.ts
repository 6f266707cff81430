import { key } from '@resfn/random'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { batches, batchesInOrder, firstOfEachClass, imageSet, type ImageSet, select } from './index.ts'

const good: ImageSet = {
  images: Uint8Array.from({ length: 18 }, (_, i) => i),
  labels: new Uint8Array([1, 0, 1]),
  shape: [2, 3, 1],
  classes: ['a', 'b'],
}

describe('imageSet', () => {
  it('gives parts that fit as a set, without copying', () => {
    expect(imageSet(good)).toEqual(E.right(good))
    expect(imageSet({ ...good, images: new Uint8Array(), labels: new Uint8Array() })._tag).toBe('Right')
  })

  it.each([
    ['a side of zero', { shape: [0, 3, 1] as const }, 'InvalidShape', '[0, 3, 1]'],
    ['a fractional side', { shape: [2.5, 3, 1] as const }, 'InvalidShape', '[2.5, 3, 1]'],
    ['half an image', { images: new Uint8Array(9) }, 'PartialImage', '9 bytes are 1.5 images of 6 bytes'],
    ['fewer labels than images', { labels: new Uint8Array(2) }, 'CountMismatch', '3 images and 2 labels'],
    [
      'a label without a class',
      { labels: new Uint8Array([0, 2, 1]) },
      'LabelOutOfRange',
      'label 1 is 2, the classes are 0 to 1',
    ],
    ['a negative label', { labels: new Int32Array([0, 1, -1]) }, 'LabelOutOfRange', 'label 2 is -1, the classes'],
    [
      'a label beyond 1,000 classes',
      { labels: new Uint16Array([0, 999, 1000]), classes: Array.from({ length: 1000 }, (_, i) => `class ${i}`) },
      'LabelOutOfRange',
      'label 2 is 1000, the classes are 0 to 999',
    ],
  ])('names %s', (_, change, tag, part) => {
    const result = imageSet({ ...good, ...change })
    expect(result).toMatchObject({ left: { _tag: tag } })
    expect(E.isLeft(result) && result.left.message).toContain(part)
  })
})

describe('select', () => {
  it('copies images and labels in the order asked for', () => {
    const part = select(good, [2, 0])
    expect([...part.images]).toEqual([12, 13, 14, 15, 16, 17, 0, 1, 2, 3, 4, 5])
    expect([...part.labels]).toEqual([1, 1])
    expect(part.shape).toEqual(good.shape)
  })

  it('names an index outside the set', () => {
    for (const index of [3, -1, 0.5])
      expect(() => select(good, [index])).toThrow(`there is no image ${index}, the set has 3`)
  })
})

describe('firstOfEachClass', () => {
  it('takes as many of each class as there are, in the order of the set', () => {
    expect(firstOfEachClass(good, 1)).toEqual([0, 1])
    expect(firstOfEachClass(good, 9)).toEqual([0, 1, 2])
  })
})

describe.each([
  ['Uint16Array', Uint16Array],
  ['Int32Array', Int32Array],
])('labels of 1,000 classes in a %s', (_, Wide) => {
  const count = 2000
  const made = imageSet({
    images: Uint8Array.from({ length: count }, (_, i) => i % 256),
    labels: Wide.from(Array.from({ length: count }, (_, i) => 999 - (i % 1000))),
    shape: [1, 1, 1],
    classes: Array.from({ length: 1000 }, (_, i) => `class ${i}`),
  })
  if (E.isLeft(made)) throw new Error(made.left.message)
  const set = made.right

  it('are selected as they are', () => {
    const { labels } = select(set, [0, 999, 1])
    expect(labels).toEqual(Wide.from([999, 0, 998]))
  })

  it('are found by class', () => {
    expect(firstOfEachClass(set, 1)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
  })

  it('come in batches with their images', async () => {
    const seen = new Int32Array(count)
    for await (const { images, labels } of batches(set, { size: 300, key: key(0), epochs: 1 })) {
      labels.forEach((label, i) => {
        // The image holds its index modulo 256, and the label is 999 less its index modulo 1,000.
        expect([0, 1].map((half) => (999 - label + 1000 * half) % 256)).toContain(Math.round(images[i]! * 255))
        seen[label]! += 1
      })
    }
    expect(seen.subarray(0, 1000)).toEqual(new Int32Array(1000).fill(2))
    for await (const { labels } of batchesInOrder(set, { size: 3 })) {
      expect(labels).toEqual(new Int32Array([999, 998, 997]))
      break
    }
  })
})
