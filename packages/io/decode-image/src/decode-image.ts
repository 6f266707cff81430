import type { Pixels } from '@resfn/preprocessing'
import { either as E, type taskEither as TE } from 'fp-ts'
import sharp, { type Sharp } from 'sharp'
import { bytesOfGrey16, type Grey16, rgbOfInks } from './colours.ts'
import { type DecodeError, decodeError } from './error.ts'
import { type FirstFrame, firstFrame } from './gif.ts'
import { type Header, jpegHeader } from './jpeg-header.ts'
import { orientationInXmp, turned } from './orientation.ts'

/** What is decoded, and how. */
export type DecodeOptions = {
  /** The most pixels that a picture may have; by default 50,000,000. A file of kilobytes can claim gigabytes. */
  readonly maxPixels?: number
  /**
   * What becomes of grey pictures of 16 bits. `clip` (the default) is `convert('RGB')` of Pillow: all above 255 is
   * white. `scale` takes the high byte, as Pillow itself does where a picture of 16 bits has colours or alpha.
   */
  readonly grey16?: Grey16
}

const open = (bytes: Uint8Array): Sharp =>
  // A profile would change the colours, and Pillow applies none. A mere warning is not a fault to Pillow either.
  sharp(bytes, { ignoreIcc: true, autoOrient: true, limitInputPixels: false, failOn: 'error' })

const count = (value: number): string => value.toLocaleString('en-GB')

/** Telephones write HEIC, whose method of compression is patented, so that sharp comes without it. */
const isHeic = (bytes: Uint8Array): boolean => /^ftyphe[iv][a-z]$/.test(String.fromCharCode(...bytes.subarray(4, 12)))

const heic = decodeError(
  'UnsupportedImage',
  'is a HEIC picture, which cannot be decoded here; save it as a JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible)',
)

/** Why a picture is not decoded, from its header alone; nothing if it is. */
const refusal = ({ width, height, depth, compression }: Header, maxPixels: number): DecodeError | undefined => {
  if (compression === 'hevc') return heic
  if (width * height > maxPixels)
    return decodeError(
      'TooManyPixels',
      `has ${count(width)} x ${count(height)} pixels, at most ${count(maxPixels)} are allowed; shrink it first`,
    )
  // The range of other numbers is not known: taken for 0 to 255, a picture from 0 to 1 is black.
  if (depth !== 'uchar' && depth !== 'ushort')
    return decodeError(
      'UnsupportedImage',
      `holds ${depth} numbers, and only 8 and 16 bits without a sign say what is black and white; scale it to its range and save it as a PNG`,
    )
  return undefined
}

type Raw = { readonly data: Uint8Array; readonly width: number; readonly height: number; readonly channels: number }

const raw = async (image: Sharp): Promise<Raw> => {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
  // A plain array: loops over one kind of array are faster than over two.
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return { data: bytes, width: info.width, height: info.height, channels: info.channels }
}

/** The inks as they are, where sharp would put them through a profile. */
const decodeInks = async (bytes: Uint8Array): Promise<Raw> => {
  const { data, channels, ...size } = await raw(open(bytes).pipelineColourspace('cmyk').toColourspace('cmyk'))
  return { ...size, data: rgbOfInks(data, channels), channels: 3 }
}

const decodeGrey16 = async (bytes: Uint8Array, how: Grey16): Promise<Raw> => {
  const image = open(bytes).pipelineColourspace('grey16').toColourspace('grey16')
  const { data, info } = await image.raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true })
  const numbers = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
  return { data: bytesOfGrey16(numbers, how), width: info.width, height: info.height, channels: 1 }
}

const outside = ({ top, left, height, width }: FirstFrame, x: number, y: number): boolean =>
  x < left || y < top || x >= left + width || y >= top + height

/** A GIF with the colours that it has where it is transparent; libvips makes them black. */
const decodeGif = async (bytes: Uint8Array): Promise<Raw> => {
  const found = await raw(open(bytes))
  const frame = firstFrame(bytes)
  const isWhole = frame?.width === found.width && frame.height === found.height
  if (frame === undefined || (frame.keyAt === -1 && isWhole)) return found
  const opaque = bytes.slice()
  if (frame.keyAt !== -1) opaque[frame.keyAt]! &= 0xfe
  const colours = await raw(open(opaque))
  const data = new Uint8Array(found.data)
  for (let i = 0; i < found.width * found.height; i++) {
    const isAround = outside(frame, i % found.width, Math.floor(i / found.width))
    for (let c = 0; c < 3; c++)
      data[i * found.channels + c] = isAround ? frame.around[c]! : colours.data[i * colours.channels + c]!
  }
  return { ...found, data }
}

const decode = (bytes: Uint8Array, { format, space, channels }: Header, grey16: Grey16): Promise<Raw> => {
  if (space === 'cmyk') return decodeInks(bytes)
  if (space === 'grey16' && channels === 1) return decodeGrey16(bytes, grey16)
  if (format === 'gif') return decodeGif(bytes)
  return raw(space === 'b-w' && channels === 1 ? open(bytes).toColourspace('b-w') : open(bytes))
}

const reason = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  // Libvips repeats itself, one message a line; the last one says it.
  return message.trimEnd().split('\n').at(-1)!.replace('Input buffer has corrupt header: ', '')
}

/** How files of the formats begin that libvips tells from no format at all only where their header is whole. */
const beginnings = ['\xff\xd8\xff', '\x89PNG', 'GIF8', 'RIFF', 'II*\0', 'MM\0*']

const failure = (bytes: Uint8Array, error: unknown): DecodeError => {
  const why = reason(error)
  const start = String.fromCharCode(...bytes.subarray(0, 4))
  const isKnown = beginnings.some((beginning) => start.startsWith(beginning))
  return why.includes('unsupported image format') && !isKnown
    ? decodeError(
        'NotAnImage',
        'is not an image of a known format; give a PNG, JPEG, WebP, GIF, TIFF, AVIF or SVG file',
      )
    : decodeError('DamagedImage', `is damaged or cut short (${why}); get the file again or save it anew`)
}

/**
 * Decodes a picture to the bytes that `ImageOps.exif_transpose(Image.open(file))` of Pillow holds: the orientation of
 * EXIF, or else of XMP, is applied, palettes and CMYK are made RGB, profiles and gamma are left alone, of several
 * frames the first is taken. Grey stays grey (1 channel) and alpha stays (4 channels); `preprocess` makes of them what
 * `convert` makes.
 *
 * The number of pixels is checked from the header, before anything is decoded.
 *
 * @param bytes a whole file: PNG, JPEG, WebP, GIF, TIFF, AVIF or SVG
 * @param options limits, and what becomes of grey pictures of 16 bits
 * @returns a task of the picture, or of what is wrong; its message goes on after a name (`cat.jpg is damaged …`)
 * @see Pillow, `Image.open` and `Image.convert`; EXIF 2.3, section 4.6.4, tag Orientation
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decodeImage } from '@resfn/decode-image'
 *
 * const found = await decodeImage(new TextEncoder().encode('not a picture'))()
 * assert.ok(found._tag === 'Left')
 * assert.equal(found.left._tag, 'NotAnImage')
 * ```
 */
export const decodeImage =
  (
    bytes: Uint8Array,
    { maxPixels = 50_000_000, grey16 = 'clip' }: DecodeOptions = {},
  ): TE.TaskEither<DecodeError, Pixels> =>
  async () => {
    if (bytes.length === 0) return E.left(decodeError('EmptyFile', 'is empty; get the file again'))
    if (isHeic(bytes)) return E.left(heic)
    try {
      const header = jpegHeader(bytes) ?? (await sharp(bytes, { limitInputPixels: false }).metadata())
      const refused = refusal(header, maxPixels)
      if (refused !== undefined) return E.left(refused)
      const found = await decode(bytes, header, grey16)
      // Libvips has turned what EXIF says, and does not look at XMP.
      const orientation = header.orientation === undefined ? orientationInXmp(header.xmp) : 1
      const { data, width, height, channels } = turned(found, orientation)
      if (channels !== 1 && channels !== 3 && channels !== 4)
        return E.left(
          decodeError('UnsupportedImage', `has ${channels} channels; save it as a grey or RGB picture, such as a PNG`),
        )
      return E.right({ data, width, height, channels })
    } catch (error) {
      return E.left(failure(bytes, error))
    }
  }
