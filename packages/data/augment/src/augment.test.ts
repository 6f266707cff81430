import { readFileSync } from 'node:fs'
import { decode } from '@resfn/npz'
import { fileOf } from '@resfn/zip'
import type { Pixels, Preprocessing, Window } from '@resfn/preprocessing'
import { fold, key } from '@resfn/random'
import fc from 'fast-check'
import type { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import {
  augment,
  type Augmentation,
  brightness,
  colour,
  colourJitter,
  contrast,
  crop,
  drawCrop,
  increasingOps,
  mirror,
  parseRandAugment,
  randAugment,
  randAugmentOps,
  resizedCrop,
  sharpness,
  type Strength,
} from './index.ts'

type Named = { readonly image: string; readonly interpolation: Strength['interpolation'] }
type Case = Named &
  (
    | (Omit<Strength, 'fill'> & { readonly op: string; readonly increasing: boolean })
    | { readonly enhance: 'brightness' | 'contrast' | 'colour' | 'sharpness'; readonly factor: number }
    | { readonly crop: Window }
  )

const file = (name: string): Uint8Array => readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
const { header, cases } = JSON.parse(new TextDecoder().decode(file('augment.json'))) as {
  readonly header: { readonly fill: readonly number[] }
  readonly cases: readonly Case[]
}
const right = <A>(found: E.Either<unknown, A>): A => {
  if (found._tag === 'Left') throw new Error(JSON.stringify(found.left))
  return found.right
}
const arrays = new Map<string, { readonly data: Uint8Array; readonly shape: readonly number[] }>()
for (const [name, { view }] of right(await decode(fileOf(file('augment.npz')))())) arrays.set(name, right(await view()))
const pixels = (name: string): Pixels => {
  const { data, shape } = arrays.get(name)!
  return { data, height: shape[0]!, width: shape[1]!, channels: shape[2] === 3 ? 3 : 1 }
}
const enhancers = { brightness, contrast, colour, sharpness }
const { fill } = header

const outcome = (given: Case): Pixels => {
  const picture = pixels(`in/${given.image}`)
  if ('op' in given) return (given.increasing ? increasingOps : randAugmentOps)[given.op]!(picture, { ...given, fill })
  if ('enhance' in given) return enhancers[given.enhance](picture, given.factor)
  return resizedCrop(picture, given.crop, { height: 12, width: 10, interpolation: given.interpolation })
}

describe('every byte is that of Pillow and timm', () => {
  it('for all operations of RandAugment', () => {
    const seen = (increasing: boolean): ReadonlySet<string> =>
      new Set(cases.flatMap((given) => ('op' in given && given.increasing === increasing ? [given.op] : [])))
    expect([...seen(false)]).toEqual(Object.keys(randAugmentOps))
    expect([...seen(true)].every((name) => increasingOps[name] !== randAugmentOps[name])).toBe(true)
    expect(Object.keys(increasingOps).filter((name) => increasingOps[name] !== randAugmentOps[name])).toEqual([
      ...seen(true),
    ])
  })

  it.each(cases.map((given, index) => ({ given, index, name: JSON.stringify(given) })))('$name', ({ given, index }) => {
    expect([...outcome(given).data]).toEqual([...pixels(String(index)).data])
  })
})

const preprocessing: Preprocessing = {
  size: [12, 16],
  channels: 3,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  interpolation: 'bicubic',
  cropFraction: 0.875,
  cropMode: 'center',
}
const sizes = fc.record({ width: fc.integer({ min: 1, max: 60 }), height: fc.integer({ min: 1, max: 60 }) })
const pictures = fc
  .tuple(sizes, fc.constantFrom(1 as const, 3 as const, 4 as const), fc.nat(255))
  .map(([{ width, height }, channels, first]): Pixels => ({
    width,
    height,
    channels,
    data: Uint8Array.from({ length: width * height * channels }, (_, i) => (first + i * 37) % 256),
  }))

describe('drawCrop', () => {
  it('lies inside the picture, and has the area and the ratio of sides that are asked for', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), ({ width, height }, seed) => {
        const window = drawCrop({ width, height }, {}, key(seed))
        expect(window.top).toBeGreaterThanOrEqual(0)
        expect(window.left).toBeGreaterThanOrEqual(0)
        expect(window.top + window.height).toBeLessThanOrEqual(height)
        expect(window.left + window.width).toBeLessThanOrEqual(width)
        expect(Math.min(window.width, window.height)).toBeGreaterThanOrEqual(1)
      }),
    )
    for (let seed = 0; seed < 200; seed++) {
      const window = drawCrop({ width: 400, height: 300 }, { scale: [0.25, 0.5], ratio: [0.8, 1.2] }, key(seed))
      expect((window.width * window.height) / 120_000).toBeGreaterThan(0.245)
      expect((window.width * window.height) / 120_000).toBeLessThan(0.505)
      expect(window.width / window.height).toBeGreaterThan(0.79)
      expect(window.width / window.height).toBeLessThan(1.21)
    }
  })

  it('takes the middle of a picture that is too long for it', () => {
    expect(drawCrop({ width: 1000, height: 10 }, { scale: [1, 1] }, key(0))).toEqual({
      top: 0,
      left: 493,
      width: 13,
      height: 10,
    })
    expect(drawCrop({ width: 10, height: 1000 }, { scale: [1, 1] }, key(0))).toMatchObject({
      left: 0,
      width: 10,
      height: 13,
    })
  })
})

describe('augment', () => {
  const everything: Augmentation = { crop: {}, mirror: true, randAugment: 'rand-m9-n3-mstd0.5', colourJitter: 0.4 }

  it('gives the bytes of the net, for any picture and key, always the same', () => {
    fc.assert(
      fc.property(pictures, fc.nat(), fc.constantFrom(1 as const, 3 as const), (picture, seed, channels) => {
        const own = {
          ...preprocessing,
          channels,
          mean: preprocessing.mean.slice(0, channels),
          std: preprocessing.std.slice(0, channels),
        }
        const before = [...picture.data]
        const found = augment(picture, own, everything, key(seed))
        expect(found).toMatchObject({ height: 12, width: 16, channels })
        expect(found.data.length).toBe(12 * 16 * channels)
        expect(augment(picture, own, everything, key(seed)).data).toEqual(found.data)
        expect([...picture.data]).toEqual(before)
      }),
      { numRuns: 60 },
    )
  })

  it('is the view of evaluation where nothing is to be done', () => {
    const picture = pixels('in/rgb')
    const plain = augment(picture, preprocessing, {}, key(0))
    expect(augment(picture, preprocessing, {}, key(1)).data).toEqual(plain.data)
  })

  it('mirrors half of the pictures', () => {
    const picture = pixels('in/rgb')
    const own = augment(picture, preprocessing, {}, key(0))
    const views = Array.from({ length: 200 }, (_, i) =>
      augment(picture, preprocessing, { mirror: true }, fold(key(0), i)),
    )
    const mirrored = views.filter(({ data }) => String(data) === String(mirror(own).data)).length
    expect(mirrored).toBeGreaterThan(70)
    expect(mirrored).toBeLessThan(130)
    for (const { data } of views) expect([String(own.data), String(mirror(own).data)]).toContain(String(data))
  })

  it('draws every operation of RandAugment, with levels around the magnitude', () => {
    const picture = pixels('in/rgb')
    const config = parseRandAugment('rand-m9-n1-p1')
    const views = new Set(
      Array.from({ length: 300 }, (_, i) => String(randAugment(picture, config, { key: fold(key(2), i), fill }).data)),
    )
    // Fifteen operations, five of them in two directions and two interpolations, each at one level.
    expect(views.size).toBe(10 + 5 * 4)
    const never = parseRandAugment('rand-m9-p0')
    expect(randAugment(picture, never, { key: key(0), fill })).toBe(picture)
  })

  it('names what is wrong', () => {
    const picture = pixels('in/rgb')
    expect(() => augment(picture, preprocessing, { randAugment: 'auto-m9' }, key(0))).toThrow(
      'does not begin with rand',
    )
    expect(() => augment(picture, preprocessing, { flip: true } as Augmentation, key(0))).toThrow('no option flip')
    expect(() => augment(picture, preprocessing, { crop: { scale: [0.5, 2] } }, key(0))).toThrow('scale of at most 1')
    expect(() => parseRandAugment('rand-mst0.5')).toThrow('did you mean mstd?')
    expect(() => parseRandAugment('rand-p2')).toThrow('p2 in "rand-p2"')
    expect(() => crop(picture, { top: 0, left: 20, width: 9, height: 1 })).toThrow('not inside 23 x 19')
  })
})

it('colourJitter changes all of brightness, contrast and saturation in any order', () => {
  const picture = pixels('in/rgb')
  const views = new Set(Array.from({ length: 20 }, (_, i) => String(colourJitter(picture, 0.4, key(i)).data)))
  expect(views.size).toBe(20)
  expect(colourJitter(picture, 0, key(0)).data).toEqual(picture.data)
})
