import { createNet } from '@resfn/archs'
import { init, untyped } from '@resfn/layer'
import {
  inProportions,
  type Invert,
  type Pixels,
  placeOf,
  preprocess,
  type Preprocessing,
  withChannels,
} from '@resfn/preprocessing'
import { key } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { testContext } from '../fixtures/context.ts'
import { openNet, type Viewer } from './viewer.ts'

const origin = { checkpoint: null, source: 'timm/net', revision: 'abc' }
const viewerOf = (preprocessing: Preprocessing, invert: Invert): Promise<Viewer> => {
  const net = createNet('cifar-resnet8', { channels: preprocessing.channels })
  return openNet(
    testContext().context,
    {
      name: net.name,
      where: 'timm/net',
      origin,
      net: untyped(net),
      input: [32, 32, preprocessing.channels],
      variables: async () => init(net, key(0), net.input),
      classes: ['cat', 'dog'],
      preprocessing,
    },
    { invert },
  )
}
const colour: Preprocessing = {
  size: [32, 32],
  channels: 3,
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
  interpolation: 'bicubic',
  cropFraction: 0.875,
  cropMode: 'center',
}
const grey: Preprocessing = { ...colour, channels: 1, mean: [0.5], std: [0.25], cropMode: 'border' }
/** Light, with a dark middle and a transparent corner. */
const picture: Pixels = {
  data: Uint8Array.from({ length: 40 * 50 * 4 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 4) % 50, Math.floor(i / 200), i % 4]
    return c === 3 ? (x < 5 && y < 5 ? 0 : 255) : x > 10 && x < 30 && y > 10 && y < 30 ? 20 : x < 5 && y < 5 ? 0 : 230
  }),
  width: 50,
  height: 40,
  channels: 4,
}

describe('a net from a hub', () => {
  beforeAll(async () => {
    await useBackend('cpu')
  })

  it('sees photographs as Python sees them, whatever their border is', async () => {
    const viewer = await viewerOf(colour, 'auto')
    expect(viewer).toMatchObject({ name: 'cifar-resnet8', input: [32, 32, 3], origin, grey16: 'clip' })
    expect(viewer.see(picture)).toEqual({
      x: preprocess(picture, colour),
      steps: [],
      place: placeOf(picture, colour),
    })
  })

  it('that learned on grey images sees light on black, with white where the picture is transparent', async () => {
    const { x, steps } = (await viewerOf(grey, 'auto')).see(picture)
    const flat = { ...picture, data: picture.data.map((value, i) => (picture.data[i | 3] === 0 ? 255 : value)) }
    const swapped = { ...flat, data: flat.data.map((value) => 255 - value) }
    expect(steps).toEqual(['light and dark swapped (its border is light)'])
    // Black around it: the mean, which timm pads with, is no background of theirs.
    const expected = preprocess(inProportions(withChannels(swapped, 1), [32, 32]), grey)
    expect(Math.max(...x.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(0.02)
    expect((await viewerOf(grey, 'no')).see(picture).steps).toEqual(['light and dark kept (as asked)'])
  })
})
