import { describe, expect, it } from 'vitest'
import { advanced, noProgress, renderBar, renderLine, secondsLeft } from './progress.ts'

describe('progress', () => {
  const step = { epoch: 1, batch: 49, loss: 0.5, accuracy: 0.8, seconds: 0.5, examples: 64 }
  const progress = advanced(noProgress({ epochs: 4, batches: 100 }), step)

  it('knows how long it will take', () => {
    expect(secondsLeft(progress)).toBe((300 - 50) * 0.5)
  })

  it('smooths loss and accuracy', () => {
    expect(advanced(progress, { ...step, loss: 1.5 }).loss).toBeCloseTo(0.55)
  })

  it('is a bar of the width of the terminal at most', () => {
    expect(renderBar(progress, 100)).toBe(
      `epoch 2/4 ${'█'.repeat(15)}${'░'.repeat(15)} loss 0.500  accuracy 0.800  128 ex/s  2 min 05 s left`,
    )
    for (const columns of [20, 60, 80, 200]) expect(renderBar(progress, columns).length).toBeLessThanOrEqual(columns)
  })

  it('is a plain line elsewhere', () => {
    expect(renderLine(progress)).toBe('epoch 2/4  batch 50/100  loss 0.500  accuracy 0.800  128 ex/s  2 min 05 s left')
  })
})
