import * as tf from '@tensorflow/tfjs-core'
import { describeBackends, expectClose } from '@resfn/test-utils'
import { expect, it } from 'vitest'
import { dilateFilter, undilateFilter } from './index.ts'

describeBackends('a dilated filter', () => {
  const filter = tf.reshape(tf.range(1, 13), [2, 3, 1, 2])

  it('has zeros between its taps', () => {
    const wide = dilateFilter(filter, [3, 2])
    expect(wide.shape).toEqual([4, 5, 1, 2])
    const values = wide.arraySync() as number[][][][]
    for (const [row, columns] of values.entries())
      for (const [column, [pair]] of columns.entries()) {
        const first = 1 + 2 * ((row / 3) * 3 + column / 2)
        expect(pair).toEqual(row % 3 === 0 && column % 2 === 0 ? [first, first + 1] : [0, 0])
      }
  })

  it('gives its taps back', () => {
    expectClose(undilateFilter(dilateFilter(filter, [3, 2]), filter.shape, [3, 2]), filter, 0)
  })

  it('is the filter itself where nothing is dilated', () => {
    expect(dilateFilter(filter, [1, 1])).toBe(filter)
    expect(undilateFilter(filter, filter.shape, [1, 1])).toBe(filter)
  })
})
