import { readFileSync } from 'node:fs'
import { fitPixels, type Pixels, type Preprocessing, withChannels } from '@resfn/preprocessing'
import { decode as decodeNpz } from '@resfn/npz'
import { fileOf } from '@resfn/zip'
import fc from 'fast-check'
import type { either as E } from 'fp-ts'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { decodeImage } from './index.ts'
import { jpegHeader } from './jpeg-header.ts'

type Case = {
  readonly file: string
  readonly mode: string
  readonly height: number
  readonly width: number
  readonly interpolation: 'bilinear' | 'bicubic'
}

const fixture = (name: string): Uint8Array => readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
const { cases } = JSON.parse(new TextDecoder().decode(fixture('pillow.json'))) as { readonly cases: readonly Case[] }

const right = <A>(found: E.Either<unknown, A>): A => {
  if (found._tag === 'Left') throw new Error(JSON.stringify(found.left))
  return found.right
}
const arrays = new Map<string, { readonly data: Uint8Array; readonly shape: readonly number[] }>()
for (const [name, { view }] of right(await decodeNpz(fileOf(fixture('pillow.npz')))()))
  arrays.set(name, right(await view()))
const pillow = (name: string): Uint8Array | undefined => arrays.get(name)?.data
const decoded = async (bytes: Uint8Array): Promise<Pixels> => right(await decodeImage(bytes)())
const expectNear = (found: Pixels['data'], expected: Uint8Array, most: number): void => {
  expect(found.length).toBe(expected.length)
  let worst = 0
  for (let i = 0; i < found.length; i++) worst = Math.max(worst, Math.abs(found[i]! - expected[i]!))
  expect(worst).toBeLessThanOrEqual(most)
}

const seen = (interpolation: Case['interpolation']): Preprocessing => ({
  size: [20, 20],
  channels: 3,
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  interpolation,
  cropFraction: 0.875,
  cropMode: 'center',
})

/** A JPEG without its EXIF. */
const withoutExif = (jpeg: Uint8Array): Uint8Array => {
  let rest = jpeg.subarray(2)
  while (rest[1] === 0xe0 || rest[1] === 0xe1) rest = rest.subarray(2 + ((rest[2]! << 8) | rest[3]!))
  return new Uint8Array([0xff, 0xd8, ...rest])
}

/** A JPEG with XMP. */
const withXmp = (jpeg: Uint8Array, xmp: string): Uint8Array => {
  const segment = new TextEncoder().encode(`http://ns.adobe.com/xap/1.0/\0${xmp}`)
  const length = segment.length + 2
  return new Uint8Array([0xff, 0xd8, 0xff, 0xe1, length >> 8, length & 255, ...segment, ...jpeg.subarray(2)])
}

/** Other builds of the same decoder may round another way in these formats. */
const isLossy = (file: string): boolean => file.endsWith('.jpg') || file.startsWith('lossy')

describe('a picture is what Pillow makes of it', () => {
  it('in more than 30 kinds', () => {
    expect(cases.length).toBeGreaterThanOrEqual(30)
  })

  it.each(cases)('$file ($mode, $width x $height)', async ({ file, height, width, interpolation }) => {
    const picture = await decoded(fixture(file))
    expect(picture).toMatchObject({ height, width })
    const most = isLossy(file) ? 1 : 0
    const rgb = pillow(`${file}/rgb`)
    if (rgb !== undefined) expectNear(withChannels(picture, 3).data, rgb, most)
    expectNear(fitPixels(picture, seen(interpolation)).data, pillow(`${file}/fitted`)!, most)
  })

  it('keeps grey and alpha for those who need them', async () => {
    const channels = async (name: string): Promise<number> => (await decoded(fixture(name))).channels
    for (const name of ['grey.png', 'bit.png', 'grey-16.png', 'grey.jpg']) expect(await channels(name)).toBe(1)
    for (const name of ['alpha.png', 'key.png', 'key.gif', 'grey-alpha.png']) expect(await channels(name)).toBe(4)
    const { data } = await decoded(fixture('key.gif'))
    const transparent = data.filter((_, i) => i % 4 === 3 && data[i] === 0)
    expect(transparent.length).toBeGreaterThan(0)
  })

  it('scales grey of 16 bits where that is asked for', async () => {
    const { data } = right(await decodeImage(fixture('grey-16.png'), { grey16: 'scale' })())
    expect(new Set(data).size).toBeGreaterThan(20)
    const clipped = right(await decodeImage(fixture('dark-16.png'))())
    expect(new Set(right(await decodeImage(fixture('dark-16.png'), { grey16: 'scale' })()).data)).toEqual(
      new Set([0, 1, 2]),
    )
    expect(new Set(clipped.data).size).toBeGreaterThan(20)
  })
})

describe('jpegHeader', () => {
  it('says what libvips says, of files whose inks are no question', async () => {
    const names = cases.map(({ file }) => file)
    let known = 0
    for (const name of names) {
      const header = jpegHeader(fixture(name))
      if (header === undefined) continue
      expect(await sharp(fixture(name)).metadata(), name).toMatchObject(header)
      known++
    }
    expect(known).toBe(names.filter((name) => name.endsWith('.jpg') && !name.includes('cmyk')).length)
  })

  it('leaves to libvips what is cut short or changed', () => {
    const bytes = fixture('grey.jpg')
    const frame = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0)
    expect(jpegHeader(bytes.subarray(0, frame + 9))).toBeUndefined()
    const changed = (at: number, value: number): Uint8Array => Uint8Array.from(bytes, (b, i) => (i === at ? value : b))
    for (const at of [0, 2, frame, frame + 1]) expect(jpegHeader(changed(at, 0))).toBeUndefined()
    expect(jpegHeader(changed(frame + 4, 12))).toBeUndefined()
    expect(jpegHeader(changed(frame + 9, 4))).toBeUndefined()
  })
})

describe('a file that is not a picture', () => {
  it.each([
    ['empty', new Uint8Array(), 'EmptyFile', 'is empty'],
    ['text', new TextEncoder().encode('<html>404 Not Found</html>'), 'NotAnImage', 'give a PNG, JPEG'],
    ['a zip file', Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0), 'NotAnImage', 'give a PNG, JPEG'],
    ['one byte of a JPEG', Uint8Array.of(0xff), 'NotAnImage', 'give a PNG, JPEG'],
    [
      'a HEIC file',
      new TextEncoder().encode('\0\0\0\u0018ftypheic\0\0\0\0mif1heic'),
      'UnsupportedImage',
      'save it as a JPEG (on an iPhone',
    ],
    ['the first bytes of a JPEG', Uint8Array.of(0xff, 0xd8, 0xff), 'DamagedImage', 'is damaged or cut short ('],
  ])('is named: %s', async (_, bytes, _tag, message) => {
    expect(await decodeImage(bytes)()).toMatchObject({
      left: { _tag, message: expect.stringContaining(message) as string },
    })
  })

  it.each([
    'noise.jpg',
    'progressive.jpg',
    'alpha.png',
    'rgb-16.png',
    'lossless.webp',
    'lossy.webp',
    'palette.gif',
    'packed.tif',
  ])('is named where half of it is missing: %s', async (name) => {
    const bytes = fixture(name)
    const found = await decodeImage(bytes.subarray(0, Math.floor(bytes.length / 2)))()
    expect(found).toMatchObject({
      left: { _tag: 'DamagedImage', message: expect.stringMatching(/^is damaged or cut short \(.+\); get/) as string },
    })
  })

  it('is an error and no exception, whatever bytes are changed', async () => {
    const small = ['grey-alpha.png', 'palette.gif', 'key.gif', 'lossy.webp', 'tiny.jpg', 'plain.tif']
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...small),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (name, changes) => {
          const bytes = fixture(name).slice()
          for (const [at, value] of changes) bytes[at % bytes.length] = value
          const found = await decodeImage(bytes, { maxPixels: 100_000 })()
          if (found._tag === 'Left') expect(found.left.message).toMatch(/^(is|has|holds) /)
          else expect(found.right.data.length).toBe(found.right.width * found.right.height * found.right.channels)
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('a picture that claims too much', () => {
  /** A PNG header that says 30,000 x 30,000: 2.7 GB of RGB. */
  const claiming = (name: string): Uint8Array => {
    const bytes = Buffer.from(fixture(name))
    bytes.writeUInt32BE(30_000, 16)
    bytes.writeUInt32BE(30_000, 20)
    return bytes
  }

  it('is refused before it is decoded', async () => {
    const before = process.memoryUsage().rss
    expect(await decodeImage(claiming('profile.png'))()).toMatchObject({
      left: {
        _tag: 'TooManyPixels',
        message: 'has 30,000 x 30,000 pixels, at most 50,000,000 are allowed; shrink it first',
      },
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
  })

  it('is decoded up to the limit that is asked for', async () => {
    const bytes = await sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    expect(await decodeImage(bytes, { maxPixels: 1200 })()).toMatchObject({ right: { width: 40, height: 30 } })
    expect(await decodeImage(bytes, { maxPixels: 1199 })()).toMatchObject({ left: { _tag: 'TooManyPixels' } })
  })
})

it('a picture of numbers without a known range is refused', async () => {
  expect(await decodeImage(fixture('float.tif'))()).toMatchObject({
    left: { _tag: 'UnsupportedImage', message: expect.stringContaining('holds float numbers') as string },
  })
})

describe('a picture that says in XMP alone how it is turned', () => {
  const attribute = (n: number): string =>
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Orientation="${n}"/></x:xmpmeta>`
  const element = (n: number): string => `<x:xmpmeta><tiff:Orientation>${n}</tiff:Orientation></x:xmpmeta>`

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is turned as EXIF turns it: %i', async (n) => {
    const jpeg = fixture(`orientation-${n}.jpg`)
    const expected = await decoded(jpeg)
    for (const xmp of [attribute(n), element(n)])
      expect(await decoded(withXmp(withoutExif(jpeg), xmp))).toEqual(expected)
  })

  it.each(['png', 'webp'] as const)('is turned too where EXIF says other things: %s', async (format) => {
    const jpeg = fixture('orientation-6.jpg')
    const image = sharp(jpeg)
      .withExif({ IFD0: { Artist: 'nobody' } })
      .withXmp(attribute(6))
    const bytes = await image.toFormat(format, { lossless: true }).toBuffer()
    expect(await decoded(bytes)).toEqual(await decoded(jpeg))
  })

  it('is left to EXIF where both say it', async () => {
    const jpeg = fixture('orientation-1.jpg')
    expect(await decoded(withXmp(jpeg, attribute(6)))).toEqual(await decoded(jpeg))
  })
})
