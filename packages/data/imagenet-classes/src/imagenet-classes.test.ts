import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { imagenetClasses, imagenetSynsets } from './index.ts'

it('has the 1000 classes of ILSVRC 2012, in order', () => {
  expect(imagenetClasses).toHaveLength(1000)
  expect(new Set(imagenetSynsets).size).toBe(1000)
  expect(imagenetSynsets).toEqual(imagenetSynsets.toSorted())
  expect(imagenetSynsets.every((id) => /^n\d{8}$/.test(id))).toBe(true)
  expect([0, 1, 388, 963, 999].map((label) => imagenetClasses[label])).toEqual([
    'tench, Tinca tinca',
    'goldfish, Carassius auratus',
    'giant panda, panda, panda bear, coon bear, Ailuropoda melanoleuca',
    'pizza, pizza pie',
    'toilet tissue, toilet paper, bathroom tissue',
  ])
})

it('has the same ids as timm', () => {
  const text = `${imagenetSynsets.join('\n')}\n`
  expect(createHash('sha256').update(text).digest('hex')).toBe(
    '70002b0ff5de60a3a17a82dbfcff291931f96225ddf941ad2e182fc39e183d15',
  )
})
