import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { noise } from './fixtures/noise.ts'
import { fitPixels, type Pixels, placeOf, preprocess, type Preprocessing, resizePillow, withChannels } from './index.ts'

type Expected = { readonly bytes?: readonly number[]; readonly sha256?: string }
type ResizeCase = Expected & {
  readonly from: readonly [height: number, width: number, channels: 1 | 3]
  readonly to: readonly [height: number, width: number]
  readonly interpolation: 'bilinear' | 'bicubic'
}
type FitCase = Pick<Preprocessing, 'size' | 'cropFraction' | 'cropMode' | 'interpolation'> & {
  readonly from: readonly [height: number, width: number]
  readonly fitted: Expected
  readonly normalised: Expected
}
const { resizes, fits, grey } = JSON.parse(
  readFileSync(new URL('./fixtures/pillow.json', import.meta.url), 'utf8'),
) as {
  readonly resizes: readonly ResizeCase[]
  readonly fits: readonly FitCase[]
  readonly grey: readonly ResizeCase[]
}

/** Every byte is the same. */
const expectBytes = (found: Pixels['data'] | Float32Array, { bytes, sha256 }: Expected): void => {
  const data = new Uint8Array(found.buffer, found.byteOffset, found.byteLength)
  if (bytes === undefined) expect(createHash('sha256').update(data).digest('hex')).toBe(sha256)
  else expect([...data]).toEqual(bytes)
}

const imagenet: Preprocessing = {
  size: [224, 224],
  channels: 3,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  interpolation: 'bicubic',
  cropFraction: 0.875,
  cropMode: 'center',
}
const withAlpha = ({ data, width, height }: Pixels, alpha: number): Pixels => ({
  data: Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? alpha : data[3 * Math.floor(i / 4) + (i % 4)]!,
  ),
  width,
  height,
  channels: 4,
})

describe('resizePillow', () => {
  it.each(resizes)('gives the bytes of Pillow from $from to $to, $interpolation', (found) => {
    const [height, width] = found.to
    const result = resizePillow(noise(...found.from), { height, width, interpolation: found.interpolation })
    expect(result).toMatchObject({ height, width, channels: found.from[2] })
    expectBytes(result.data, found)
  })

  it('makes a window as it is in the whole', () => {
    const side = fc.integer({ min: 1, max: 24 })
    const interpolation = fc.constantFrom('bilinear', 'bicubic')
    fc.assert(
      fc.property(side, side, side, side, interpolation, fc.nat(), fc.nat(), (h, w, height, width, how, a, b) => {
        const picture = noise(h, w, 3)
        const whole = resizePillow(picture, { height, width, interpolation: how })
        const [top, left] = [a % height, b % width]
        const window = { top, left, height: height - top, width: width - left }
        const part = resizePillow(picture, { height, width, interpolation: how, window })
        for (let y = 0; y < part.height; y++)
          expect([...part.data.subarray(3 * y * part.width, 3 * (y + 1) * part.width)]).toEqual([
            ...whole.data.subarray(3 * ((top + y) * width + left), 3 * (top + y + 1) * width),
          ])
      }),
    )
  })

  it('leaves alpha out, and the picture as it was', () => {
    const picture = noise(9, 7, 3)
    const options = { height: 5, width: 6, interpolation: 'bicubic' } as const
    expect(resizePillow(withAlpha(picture, 9), options)).toEqual(resizePillow(picture, options))
    expect(picture).toEqual(noise(9, 7, 3))
  })

  it('names what is wrong', () => {
    const options = { height: 2, width: 2, interpolation: 'bilinear' } as const
    expect(() => resizePillow({ ...noise(2, 2, 3), width: 3 }, options)).toThrow(
      '3 x 2 pixels of 3 channels are 18 bytes, not 12',
    )
    expect(() => resizePillow({ ...noise(2, 2, 3), height: 0 }, options)).toThrow('not width 2 and height 0')
    // @ts-expect-error: ImageData does not say how many channels it has
    expect(() => resizePillow({ data: new Uint8Array(4), width: 1, height: 1 }, options)).toThrow('ImageData has 4')
    // @ts-expect-error: another interpolation
    expect(() => resizePillow(noise(2, 2, 3), { ...options, interpolation: 'lanczos' })).toThrow(
      "one of 'bilinear', 'bicubic', not 'lanczos'",
    )
    expect(() =>
      resizePillow(noise(2, 2, 3), { ...options, window: { top: 1, left: 0, height: 2, width: 2 } }),
    ).toThrow('the window of 2 x 2 at 1, 0 is not inside 2 x 2')
  })
})

describe('withChannels', () => {
  it('makes grey as Pillow does, and RGB of grey', () => {
    const made = withChannels(noise(16, 16, 3), 1)
    expectBytes(made.data, grey[0]!)
    expect([...withChannels({ ...noise(1, 2, 1) }, 3).data]).toEqual([...noise(1, 2, 1).data].flatMap((v) => [v, v, v]))
    expect(withChannels(withAlpha(noise(3, 4, 3), 0), 3)).toEqual(noise(3, 4, 3))
    expect(withChannels(withAlpha(noise(3, 4, 3), 0), 1)).toEqual(withChannels(noise(3, 4, 3), 1))
  })
})

describe('preprocess', () => {
  it.each(fits)('sees what timm sees of $from at $size, $cropMode $cropFraction, $interpolation', (found) => {
    const { from, fitted, normalised, ...own } = found
    const preprocessing = { ...imagenet, ...own }
    expectBytes(fitPixels(noise(...from, 3), preprocessing).data, fitted)
    expectBytes(preprocess(noise(...from, 3), preprocessing), normalised)
  })

  it('takes grey and alpha for a net of RGB, and RGB for a net of grey', () => {
    const grey3 = withChannels(noise(20, 30, 1), 3)
    const small = { ...imagenet, size: [16, 16] } as const
    expect(preprocess(noise(20, 30, 1), small)).toEqual(preprocess(grey3, small))
    expect(preprocess(withAlpha(noise(20, 30, 3), 3), small)).toEqual(preprocess(noise(20, 30, 3), small))
    const one: Preprocessing = { ...imagenet, size: [28, 28], channels: 1, mean: [0.5], std: [0.25] }
    expect(preprocess(noise(20, 30, 3), one)).toEqual(preprocess(withChannels(noise(20, 30, 3), 1), one))
  })

  it('needs little memory for a picture that is a line', () => {
    const line = { data: new Uint8Array(100_000), width: 100_000, height: 1, channels: 1 } as const
    expect(preprocess(line, imagenet)).toHaveLength(224 * 224 * 3)
  })

  it('names what is wrong', () => {
    const fails =
      (change: object): (() => unknown) =>
      () =>
        preprocess(noise(4, 4, 3), { ...imagenet, ...change })
    expect(fails({ mean: [0.5] })).toThrow('preprocessing: 3 channels need 3 means and deviations, not mean [0.5]')
    expect(fails({ std: [0, 1, 1] })).toThrow('std must be a list of numbers above 0')
    expect(fails({ cropFraction: 0 })).toThrow('cropFraction must be a finite number above 0, not 0')
    expect(fails({ size: 224 })).toThrow('size must be a list of two whole numbers, height and width, not 224')
    expect(fails({ cropmode: 'center' })).toThrow('there is no option cropmode; did you mean cropMode?')
  })

  it('is told by plain data', () => {
    expectTypeOf<Preprocessing['cropMode']>().toEqualTypeOf<'center' | 'squash' | 'border'>()
    expectTypeOf<Pixels['channels']>().toEqualTypeOf<1 | 3 | 4>()
  })
})

describe('placeOf', () => {
  it('says where in the picture each pixel of the net is', () => {
    const side = fc.integer({ min: 90, max: 250 })
    const options = fc.record({
      size: fc.tuple(fc.integer({ min: 24, max: 64 }), fc.integer({ min: 24, max: 64 })),
      cropFraction: fc.constantFrom(0.5, 0.875, 1),
      cropMode: fc.constantFrom('center', 'squash', 'border'),
    })
    fc.assert(
      fc.property(side, side, options, (height, width, { size, ...crop }) => {
        const preprocessing: Preprocessing = { ...imagenet, ...crop, size, interpolation: 'bilinear' }
        // Red says how far to the right a pixel is, green how far down.
        const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
          const at = Math.floor(i / 3)
          return [at % width, Math.floor(at / width), 0][i % 3]!
        })
        const fitted = fitPixels({ data, width, height, channels: 3 }, preprocessing)
        const place = placeOf({ height, width }, preprocessing)
        const steps = [place.height / size[0], place.width / size[1]] as const
        for (let y = 0; y < size[0]; y += 5)
          for (let x = 0; x < size[1]; x += 5) {
            const [down, across] = [place.top + (y + 0.5) * steps[0], place.left + (x + 0.5) * steps[1]]
            const isInside = (at: number, length: number, step: number): boolean => at > step && at < length - step
            if (!isInside(down, height, steps[0]) || !isInside(across, width, steps[1])) continue
            const [red, green] = fitted.data.subarray((y * size[1] + x) * 3)
            expect(Math.abs(red! + 0.5 - across)).toBeLessThan(1)
            expect(Math.abs(green! + 0.5 - down)).toBeLessThan(1)
          }
      }),
      { numRuns: 60 },
    )
  })
})
