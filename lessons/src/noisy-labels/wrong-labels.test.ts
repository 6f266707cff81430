import { imageSet } from '@resfn/batches'
import { key } from '@resfn/random'
import { expect, test } from 'vitest'
import { wrongLabels } from './wrong-labels.ts'

const count = 5000
const classes = Array.from({ length: 10 }, (_, i) => `class ${i}`)
const made = imageSet({
  images: new Uint8Array(count),
  labels: Uint8Array.from({ length: count }, (_, i) => i % 10),
  shape: [1, 1, 1],
  classes,
})
if (made._tag === 'Left') throw new Error(made.left.message)
const set = made.right

test.each([0, 0.3, 0.7, 1])('a share of %d of the labels is wrong, each other class as likely', (noise) => {
  const { labels } = wrongLabels(set, noise, key(3))
  const wrong = Array.from(labels, (label, i) => (label - set.labels[i]! + 10) % 10).filter((shift) => shift !== 0)
  // Four deviations of a binomial distribution.
  expect(Math.abs(wrong.length - noise * count)).toBeLessThanOrEqual(4 * Math.sqrt(count * noise * (1 - noise)))
  for (let shift = 1; shift < 10; shift++)
    expect(Math.abs(wrong.filter((found) => found === shift).length - wrong.length / 9)).toBeLessThanOrEqual(
      4 * Math.sqrt(count * noise * (8 / 81)),
    )
})

test('the same key exchanges the same labels', () => {
  expect(wrongLabels(set, 0.5, key(1)).labels).toEqual(wrongLabels(set, 0.5, key(1)).labels)
  expect(wrongLabels(set, 0.5, key(1)).labels).not.toEqual(wrongLabels(set, 0.5, key(2)).labels)
})
