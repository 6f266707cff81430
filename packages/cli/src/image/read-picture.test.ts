import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { temporaryFolder, testContext } from '../fixtures/context.ts'
import { claimingPng, greyTiff, type TiffNumbers } from '../fixtures/pictures.ts'
import { readPicture } from './read-picture.ts'

const cwd = temporaryFolder()
const read = (name: string, bytes: Uint8Array): ReturnType<typeof readPicture> => {
  writeFileSync(join(cwd, name), bytes)
  return readPicture(testContext({ cwd }).context, join(cwd, name), { grey16: 'scale' })
}

/** A small picture that was changed to say that it has 20,000 x 15,000 pixels, behind a marker in its header. */
const claiming = async (
  kind: 'jpeg' | 'progressive' | 'avif',
  marker: readonly number[],
  skip: number,
): Promise<Uint8Array> => {
  const made = sharp({ create: { width: 64, height: 64, channels: 3, background: 'white' } })
  const bytes = await (kind === 'avif' ? made.avif() : made.jpeg({ progressive: kind === 'progressive' })).toBuffer()
  const at = bytes.indexOf(Buffer.from(marker)) + skip
  if (kind === 'avif') {
    bytes.writeUInt32BE(20_000, at)
    bytes.writeUInt32BE(15_000, at + 4)
  } else {
    bytes.writeUInt16BE(15_000, at)
    bytes.writeUInt16BE(20_000, at + 2)
  }
  return bytes
}

describe('an image with too many pixels', () => {
  it.each([
    ['PNG', 'huge.png', async () => claimingPng(20_000, 15_000), '20,000 x 15,000'],
    ['PNG beyond the limit of the decoder', 'vast.png', async () => claimingPng(100_000, 90_000), '100,000 x 90,000'],
    ['JPEG', 'huge.jpg', () => claiming('jpeg', [0xff, 0xc0], 5), '20,000 x 15,000'],
    ['progressive JPEG', 'slow.jpg', () => claiming('progressive', [0xff, 0xc2], 5), '20,000 x 15,000'],
    ['AVIF', 'huge.avif', () => claiming('avif', [...Buffer.from('ispe')], 8), '20,000 x 15,000'],
    [
      'SVG',
      'huge.svg',
      async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9000" height="9000"/>'),
      '9,000 x 9,000',
    ],
  ])('as %s is named with its size and the limit, before it is decoded', async (_, name, make, size) => {
    const bytes = await make()
    const before = process.memoryUsage().rss
    await expect(read(name, bytes)).rejects.toMatchObject({
      _tag: 'TooManyPixels',
      message: `${join(cwd, name)} has ${size} pixels, at most 50,000,000 are allowed; shrink it first`,
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
  })
})

describe('a TIFF', () => {
  const light = (numbers: TiffNumbers, value: number): TiffNumbers => numbers.fill(value)

  it.each([
    ['8', light(new Uint8Array(64), 128)],
    ['16', light(new Uint16Array(64), 128 * 257)],
  ])('of %s bits is read on the scale of its bits', async (_, numbers) => {
    const { data } = await read('grey.tif', greyTiff(8, 8, numbers))
    for (const pixel of data) expect(Math.abs(pixel - 128)).toBeLessThanOrEqual(1)
  })

  it.each([
    ['float', light(new Float32Array(64), 0.95)],
    ['uint', light(new Uint32Array(64), 7)],
    ['short', light(new Int16Array(64), 7)],
  ])('of %s numbers is refused, because their range is not known', async (depth, numbers) => {
    await expect(read('numbers.tif', greyTiff(8, 8, numbers))).rejects.toMatchObject({
      _tag: 'UnsupportedImage',
      message: expect.stringContaining(`holds ${depth} numbers`) as string,
    })
  })
})

it('a PNG of 16 bits is read on the scale of its bits', async () => {
  const raw = { width: 8, height: 8, channels: 1 } as const
  const png = await sharp(new Uint16Array(64).fill(128 * 257), { raw })
    .toColourspace('grey16')
    .png()
    .toBuffer()
  expect((await sharp(png).metadata()).depth).toBe('ushort')
  const { data } = await read('grey16.png', png)
  for (const pixel of data) expect(Math.abs(pixel - 128)).toBeLessThanOrEqual(1)
})
