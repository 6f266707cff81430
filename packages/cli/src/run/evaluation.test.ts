import { expect, it } from 'vitest'
import { evaluationBatch } from './evaluation.ts'

it('evaluates fewer images at once the larger they are, and never none', () => {
  expect([28, 96, 224, 384, 2048].map((side) => evaluationBatch([side, side, 1]))).toEqual([100, 100, 18, 6, 1])
})
