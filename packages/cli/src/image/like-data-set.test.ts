import { expect, it } from 'vitest'
import { likeDataSet, onWhite } from './like-data-set.ts'

const grey = (width: number, height: number, values: readonly number[]): Parameters<typeof likeDataSet>[0] => ({
  data: Uint8Array.from(values),
  width,
  height,
  channels: 1,
})

it('centres what fits on black', () => {
  const { pixels, steps } = likeDataSet(grey(4, 2, new Array<number>(8).fill(90)), [4, 4, 1], 'no')
  expect([...pixels.data]).toEqual([0, 0, 0, 0, ...new Array<number>(8).fill(90), 0, 0, 0, 0])
  expect(steps).toEqual(['made grey', 'shrunk to fit 4 x 4', 'light and dark kept (as asked)'])
})

it('swaps light and dark before it adds black, where the border is light', () => {
  const picture = grey(3, 3, [200, 200, 200, 200, 10, 200, 200, 200, 200])
  expect([...likeDataSet(picture, [3, 3, 1], 'auto').pixels.data]).toEqual([55, 55, 55, 55, 245, 55, 55, 55, 55])
})

it('shows what is transparent as white', () => {
  const { data, channels } = onWhite({
    data: Uint8Array.of(10, 20, 30, 255, 10, 20, 30, 0),
    width: 2,
    height: 1,
    channels: 4,
  })
  expect([[...data], channels]).toEqual([[10, 20, 30, 255, 255, 255], 3])
})

it('makes RGB of grey for a net that takes it', () => {
  expect([...likeDataSet(grey(1, 1, [7]), [1, 1, 3], 'no').pixels.data]).toEqual([7, 7, 7])
})
