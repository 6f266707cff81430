import { readFileSync } from 'node:fs'
import { fold, key, type Key } from '@resfn/random'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  compose,
  type Images,
  normalise,
  outputShape,
  randomCrop,
  randomHorizontalFlip,
  resize,
  toFloat,
  type Transform,
} from './index.ts'

type ResizeCase = {
  readonly from: Images['shape']
  readonly to: readonly [number, number]
  readonly input: readonly number[]
  readonly plain: readonly number[]
  readonly antialias: readonly number[]
}
const { cases } = JSON.parse(readFileSync(new URL('./fixtures/resize.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly ResizeCase[]
}

const keysOf = (count: number, seed = 0): readonly Key[] => Array.from({ length: count }, (_, i) => fold(key(seed), i))
const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a, (value, i) => Math.abs(value - (b[i] ?? Number.NaN))).reduce((x, y) => Math.max(x, y), 0)
const ramp = (...shape: [number, number, number, number]): Images => ({
  images: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i + 1),
  shape,
})
const image = ({ images, shape: [, height, width, channels] }: Images, n: number): Float32Array =>
  images.slice(n * height * width * channels, (n + 1) * height * width * channels)

describe('toFloat', () => {
  it('divides by 255 as float32 does', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    expect(toFloat(bytes, [1, 16, 16, 1]).images).toEqual(
      new Float32Array(bytes).map((byte) => Math.fround(byte / 255)),
    )
  })
})

describe('resize', () => {
  it.each(cases)('equals PyTorch from $from to $to', ({ from, to: [height, width], input, plain, antialias }) => {
    const batch = toFloat(Uint8Array.from(input), from)
    expect(largestDifference(resize({ height, width, antialias: false })(batch).images, plain)).toBeLessThan(1e-6)
    expect(largestDifference(resize({ height, width })(batch).images, antialias)).toBeLessThan(1e-6)
    expect(plain.length).toBe(from[0] * height * width * from[3])
  })

  it('keeps a constant image constant and every value inside the range of its image', () => {
    const size = fc.integer({ min: 1, max: 12 })
    fc.assert(
      fc.property(size, size, size, size, fc.boolean(), (fromHeight, fromWidth, height, width, antialias) => {
        const batch = ramp(1, fromHeight, fromWidth, 1)
        const to = resize({ height, width, antialias })
        const { images } = to(batch)
        expect(Math.min(...images)).toBeGreaterThanOrEqual(1 - 1e-4)
        expect(Math.max(...images)).toBeLessThanOrEqual(fromHeight * fromWidth * (1 + 1e-6))
        for (const value of to({ ...batch, images: batch.images.map(() => 3) }).images) expect(value).toBeCloseTo(3, 5)
      }),
    )
  })

  it('leaves images of the right size as they are, and refuses sizes that are none', () => {
    const batch = ramp(2, 3, 4, 2)
    expect(resize({ height: 3, width: 4 })(batch)).toEqual(batch)
    for (const height of [0, -1, 1.5, Number.NaN])
      expect(() => resize({ height, width: 2 })).toThrow(
        `resize: height must be a whole number of at least 1, not ${height}`,
      )
    expect(() => resize({ height: 2, width: '2' as unknown as number })).toThrow(
      "width must be a whole number of at least 1, not '2'",
    )
    // @ts-expect-error: there is no such option
    expect(() => resize({ height: 2, width: 2, antiAlias: false })).toThrow(
      'resize: there is no option antiAlias; did you mean antialias?',
    )
  })
})

describe('normalise', () => {
  it('shifts and scales each channel', () => {
    const { images } = normalise({ mean: [1, 2], std: [2, 4] })({
      images: new Float32Array([1, 2, 3, 6, 5, 10]),
      shape: [1, 1, 3, 2],
    })
    expect(images).toEqual(new Float32Array([0, 0, 1, 1, 2, 2]))
  })

  it('names moments that do not fit', () => {
    expect(() => normalise({ mean: [1], std: [] })).toThrow('one mean and one std')
    expect(() => normalise({ mean: [1], std: [0] })).toThrow('above zero')
    // @ts-expect-error: there is no such option
    expect(() => normalise({ mean: [1], std: [1], variance: [1] })).toThrow('normalise: there is no option variance')
    expect(() => normalise({ mean: [0], std: [1] })(ramp(1, 1, 1, 3))).toThrow(
      'the images have 3 channels, mean and std are for 1',
    )
  })
})

describe('random transforms', () => {
  const augment = compose(randomCrop({ padding: 2 }), randomHorizontalFlip())

  it('give an image the same result in whatever batch it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(), fc.nat(), (count, pick, seed) => {
        const batch = ramp(count, 5, 4, 2)
        const keys = keysOf(count, seed)
        const n = pick % count
        const alone = augment({ images: image(batch, n), shape: [1, 5, 4, 2] }, keys.slice(n, n + 1))
        expect(image(augment(batch, keys), n)).toEqual(alone.images)
      }),
    )
  })

  it('leave their input as it was', () => {
    const batch = ramp(3, 5, 4, 2)
    augment(batch, keysOf(3))
    expect(batch).toEqual(ramp(3, 5, 4, 2))
  })

  it('flip whole rows, about half of the images', () => {
    const batch = ramp(400, 2, 3, 2)
    const flipped = randomHorizontalFlip()(batch, keysOf(400))
    const mirrored = [5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8]
    let count = 0
    for (let n = 0; n < 400; n++) {
      const relative = [...image(flipped, n)].map((value) => value - n * 12)
      const isFlipped = relative[0] === 5
      expect(relative).toEqual(isFlipped ? mirrored : [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
      count += isFlipped ? 1 : 0
    }
    // Five standard deviations of a fair coin.
    expect(Math.abs(count - 200)).toBeLessThan(50)
  })

  it('flip none at probability 0 and all at 1', () => {
    const batch = ramp(20, 1, 2, 1)
    expect(randomHorizontalFlip({ probability: 0 })(batch, keysOf(20))).toEqual(batch)
    expect(image(randomHorizontalFlip({ probability: 1 })(batch, keysOf(20)), 19)).toEqual(new Float32Array([40, 39]))
  })

  it('crop windows of the zero-padded image, each place about equally often', () => {
    const places = new Map<string, number>()
    const count = 1800
    const source = ramp(1, 3, 3, 1)
    const batch: Images = {
      images: Float32Array.from({ length: count * 9 }, (_, i) => source.images[i % 9] ?? 0),
      shape: [count, 3, 3, 1],
    }
    const cropped = randomCrop({ padding: 1 })(batch, keysOf(count))
    const padded = (y: number, x: number): number =>
      y < 0 || x < 0 || y > 2 || x > 2 ? 0 : (source.images[y * 3 + x] ?? 0)
    const windows = [-1, 0, 1].flatMap((top) =>
      [-1, 0, 1].map((left) => [0, 1, 2].flatMap((y) => [0, 1, 2].map((x) => padded(y + top, x + left))).join()),
    )
    for (let n = 0; n < count; n++) {
      const window = image(cropped, n).join()
      expect(windows).toContain(window)
      places.set(window, (places.get(window) ?? 0) + 1)
    }
    // 200 expected of each; five standard deviations are 67.
    for (const window of windows) expect(Math.abs((places.get(window) ?? 0) - 200)).toBeLessThan(67)
  })

  it('crop smaller windows without padding', () => {
    const { images, shape } = randomCrop({ padding: 0, height: 2, width: 1 })(ramp(1, 2, 3, 1), keysOf(1))
    expect(shape).toEqual([1, 2, 1, 1])
    expect((images[1] ?? 0) - (images[0] ?? 0)).toBe(3)
  })

  it('crop to a window wider than the image when the padding allows it', () => {
    const { images } = randomCrop({ padding: 1, height: 3, width: 3 })(ramp(1, 1, 1, 1), keysOf(1))
    expect([...images]).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0])
  })

  it('name what is wrong', () => {
    expect(() => randomCrop({ padding: -1 })).toThrow('padding must be a whole number of at least 0, not -1')
    // @ts-expect-error: there is no such option
    expect(() => randomCrop({ paddding: 2 })).toThrow('randomCrop: there is no option paddding; did you mean padding?')
    expect(() => randomCrop({ padding: 0, height: 9 })(ramp(1, 2, 2, 1), keysOf(1))).toThrow(
      'a window of 9 x 2 does not fit into 2 x 2',
    )
    expect(() => randomHorizontalFlip({ probability: 2 })).toThrow('from 0 to 1')
    // @ts-expect-error: there is no such option
    expect(() => randomHorizontalFlip({ p: 1 })).toThrow('there is no option p; did you mean probability?')
    expect(() => randomHorizontalFlip()(ramp(2, 1, 1, 1), keysOf(1))).toThrow('image 1 has no key')
  })
})

describe('compose', () => {
  it('lets two random transforms draw independently', () => {
    const flip = randomHorizontalFlip()
    const batch = ramp(64, 1, 2, 1)
    const twice = compose(flip, flip)(batch, keysOf(64))
    expect(twice).not.toEqual(batch)
  })

  it('is a function of images alone exactly when its parts are', () => {
    const plain = compose(resize({ height: 2, width: 2 }), normalise({ mean: [0], std: [1] }))
    expectTypeOf(plain).toEqualTypeOf<(images: Images) => Images>()
    expectTypeOf(compose(randomHorizontalFlip(), resize({ height: 2, width: 2 }))).toEqualTypeOf<Transform>()
    expect(plain(ramp(1, 1, 1, 1)).shape).toEqual([1, 2, 2, 1])
  })
})

describe('outputShape', () => {
  it('is the shape behind a transform', () => {
    expect(
      outputShape(
        compose(randomCrop({ padding: 0, height: 20, width: 20 }), resize({ height: 96, width: 80 })),
        [28, 28, 3],
      ),
    ).toEqual([96, 80, 3])
  })
})
