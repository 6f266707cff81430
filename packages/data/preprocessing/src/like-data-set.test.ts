import { expect, it } from 'vitest'
import { inProportions, likeDataSet, onWhite, trimmed } from './like-data-set.ts'

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

it('cuts off margins that have the shade of the corner, as Fashion-MNIST was made', () => {
  const picture = grey(5, 3, [250, 255, 240, 255, 255, 255, 10, 20, 255, 255, 250, 255, 255, 255, 255])
  const { pixels, steps, place } = trimmed(picture, [2, 2])
  expect(place).toEqual({ top: 1, left: 1, height: 1, width: 2 })
  expect([pixels.height, pixels.width, ...pixels.data]).toEqual([1, 2, 10, 20])
  expect(steps).toEqual(['margins of one shade cut off'])
  // One shade, a picture as small as those of the net, and a thing that touches every side stay as they are.
  for (const [one, size] of [
    [grey(3, 3, new Array<number>(9).fill(9)), [2, 2]],
    [picture, [3, 5]],
    [grey(2, 2, [0, 200, 200, 0]), [1, 1]],
  ] as const)
    expect(trimmed(one, size)).toEqual({
      pixels: one,
      steps: [],
      place: { top: 0, left: 0, height: one.height, width: one.width },
    })
})

it('puts a picture into black of the proportions of a size', () => {
  const wide = inProportions(grey(4, 2, new Array<number>(8).fill(9)), [28, 28])
  expect([wide.height, wide.width, ...wide.data.subarray(0, 5)]).toEqual([4, 4, 0, 0, 0, 0, 9])
  expect(inProportions(grey(4, 2, new Array<number>(8).fill(9)), [14, 28]).height).toBe(2)
})

it('says which rectangle of the picture it shows', () => {
  const place = (width: number, height: number): object =>
    likeDataSet(grey(width, height, new Array<number>(width * height).fill(9)), [4, 4, 1], 'no').place
  expect(place(8, 4)).toEqual({ top: -2, left: 0, height: 8, width: 8 })
  expect(place(2, 8)).toEqual({ top: 0, left: -2, height: 8, width: 8 })
  // Margins stay.
  const thing = Array.from({ length: 64 }, (_, at) => ([2, 3].includes(at >> 3) && [4, 5].includes(at & 7) ? 9 : 255))
  expect(likeDataSet(grey(8, 8, thing), [4, 4, 1], 'no').place).toEqual({ top: 0, left: 0, height: 8, width: 8 })
})
