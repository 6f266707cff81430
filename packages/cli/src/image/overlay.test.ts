import type { Pixels } from '@resfn/preprocessing'
import { expect, it } from 'vitest'
import { colourOf, overlay } from './overlay.ts'

const picture = (width: number, height: number): Pixels => ({
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 251),
  width,
  height,
  channels: 3,
})
const pixel = ({ data, width }: Pixels, x: number, y: number): readonly number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
]
const covered = (own: readonly number[], share: number): readonly number[] =>
  own.map((value, c) => {
    const cover = 0.25 + 0.45 * share
    return Math.round(value * (1 - cover) + colourOf(share)[c]! * cover)
  })

it('lies where the crop was, between the middles of the parts, and leaves the rest as it was', () => {
  const whole = picture(400, 300)
  const map = { values: Float32Array.of(0, 1, 2, 4), height: 2, width: 2 }
  const drawn = overlay(whole, map, { top: 50, left: 100, height: 200, width: 200 })
  expect([drawn.width, drawn.height, drawn.channels]).toEqual([400, 300, 3])
  for (const [x, y] of [
    [0, 0],
    [99, 150],
    [300, 150],
    [200, 49],
    [200, 250],
    [399, 299],
  ] as const)
    expect(pixel(drawn, x, y)).toEqual(pixel(whole, x, y))
  // The parts are 100 pixels wide: their middles are at 150 and 250 across, at 100 and 200 down.
  const shareAt = (x: number, y: number): number => {
    const [across, down] = [
      Math.min(Math.max((x + 0.5 - 150) / 100, 0), 1),
      Math.min(Math.max((y + 0.5 - 100) / 100, 0), 1),
    ]
    return ((1 - down) * across + down * (2 + 2 * across)) / 4
  }
  for (const [x, y] of [
    [100, 50],
    [150, 100],
    [199, 149],
    [260, 120],
    [299, 249],
  ] as const)
    expect(pixel(drawn, x, y)).toEqual(covered(pixel(whole, x, y), shareAt(x, y)))
})

it('may reach beyond the picture, where the net sees padding', () => {
  const whole = picture(300, 240)
  const drawn = overlay(
    whole,
    { values: Float32Array.of(0, 2), height: 1, width: 2 },
    { top: -30, left: 0, height: 300, width: 300 },
  )
  expect(pixel(drawn, 0, 0)).toEqual(covered(pixel(whole, 0, 0), 0))
  expect(pixel(drawn, 299, 239)).toEqual(covered(pixel(whole, 299, 239), 1))
})

it('enlarges small pictures by a whole factor, and shows grey and transparent ones', () => {
  const map = { values: Float32Array.of(1), height: 1, width: 1 }
  const grey: Pixels = { data: Uint8Array.of(10, 20, 30, 40, 50, 60), width: 3, height: 2, channels: 1 }
  const drawn = overlay(grey, map, { top: 0, left: 0, height: 2, width: 1 })
  expect([drawn.width, drawn.height]).toEqual([225, 150])
  expect(pixel(drawn, 74, 149)).toEqual(covered([40, 40, 40], 1))
  expect(pixel(drawn, 75, 149)).toEqual([50, 50, 50])
  const clear: Pixels = { data: Uint8Array.of(9, 9, 9, 0), width: 1, height: 1, channels: 4 }
  expect(pixel(overlay(clear, map, { top: 0, left: 0, height: 1, width: 1 }), 0, 0)).toEqual(
    covered([255, 255, 255], 1),
  )
})

it('without a value above 0 is the picture itself', () => {
  const whole = picture(250, 230)
  const map = { values: new Float32Array(4), height: 2, width: 2 }
  expect(overlay(whole, map, { top: 0, left: 0, height: 230, width: 250 }).data).toEqual(whole.data)
})
