import { resolve } from 'node:path'
import type { Context } from '../context/context.ts'
import { CliError } from '../error.ts'
import { count } from '../text/format.ts'

/** An image as the data set has its own: bytes from 0 to 255, grey or RGB, and what was done to get it. */
export type ReadImage = { readonly pixels: Uint8Array; readonly steps: readonly string[] }

/** Whether light and dark are swapped: always, never, or where the border is light. */
export type Invert = 'auto' | 'yes' | 'no'

type Raw = { readonly pixels: Uint8Array; readonly width: number; readonly height: number; readonly channels: number }

/** The mean of the pixels at the edge: the background, where an image shows one thing. */
const borderMean = ({ pixels, width, height, channels }: Raw): number => {
  let [total, counted] = [0, 0]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (y > 0 && y < height - 1 && x > 0 && x < width - 1) continue
      for (let c = 0; c < channels; c++) total += pixels[(y * width + x) * channels + c]!
      counted += channels
    }
  }
  return total / counted
}

/** A file of a few kilobytes can hold an image that decodes to gigabytes; photographs have fewer pixels than this. */
const maximalPixels = 50_000_000

const refusal = (path: string, fault: string, cause?: unknown): CliError =>
  new CliError('UnreadableImage', `${path} ${fault}`, { cause })

/** Throws for an image that would be decoded wrongly or to too much memory; reads only its header. */
const checkHeader = (
  path: string,
  { width, height, depth }: { readonly width: number; readonly height: number; readonly depth: string },
): void => {
  if (width * height > maximalPixels)
    throw refusal(
      path,
      `has ${count(width)} x ${count(height)} pixels, at most ${count(maximalPixels)} are allowed; shrink it first`,
    )
  // The range of other numbers is not known: taken for 0 to 255, an image from 0 to 1 is black.
  if (depth !== 'uchar' && depth !== 'ushort')
    throw refusal(
      path,
      `holds ${depth} numbers, and only 8 and 16 bits without a sign say what is black and white; scale it to its range and save it as a PNG`,
    )
}

const decoded = async (
  bytes: Uint8Array,
  path: string,
  [height, width, channels]: readonly [number, number, number],
): Promise<Raw> => {
  try {
    const { default: sharp } = await import('sharp')
    checkHeader(path, await sharp(bytes, { limitInputPixels: false }).metadata())
    const opened = sharp(bytes, { limitInputPixels: maximalPixels }).rotate().flatten({ background: '#ffffff' })
    const coloured = channels === 1 ? opened.toColourspace('b-w') : opened.toColourspace('srgb')
    const { data, info } = await coloured
      .resize(width, height, { fit: 'inside' })
      .raw()
      .toBuffer({ resolveWithObject: true })
    return { pixels: new Uint8Array(data), width: info.width, height: info.height, channels: info.channels }
  } catch (error) {
    if (error instanceof CliError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw refusal(path, `cannot be read as an image (${reason}); give a PNG, JPEG, WebP, GIF, TIFF or SVG file`, error)
  }
}

/** The image in the middle of a black one of the size of the data set. */
const centred = (
  { pixels, width, height, channels }: Raw,
  [toHeight, toWidth]: readonly [number, number, number],
): Uint8Array => {
  const result = new Uint8Array(toHeight * toWidth * channels)
  const [top, left] = [Math.floor((toHeight - height) / 2), Math.floor((toWidth - width) / 2)]
  for (let y = 0; y < height; y++)
    result.set(
      pixels.subarray(y * width * channels, (y + 1) * width * channels),
      ((top + y) * toWidth + left) * channels,
    )
  return result
}

/**
 * Reads a PNG, JPEG, … and makes it like the images of the data set: transparent parts white, grey where the data set
 * is grey, shrunk to fit, light on dark (Fashion-MNIST shows light clothes on black), and centred on black.
 */
export const readImage = async (
  { cwd, files }: Context,
  given: string,
  shape: readonly [number, number, number],
  invert: Invert,
): Promise<ReadImage> => {
  const path = resolve(cwd, given)
  const raw = await decoded(await files.read(path), path, shape)
  const [height, width, channels] = shape
  if (raw.channels !== channels)
    throw refusal(path, `decodes to ${raw.channels} channels, the net takes ${channels}; save it as a plain PNG`)
  const isLight = borderMean(raw) > 127
  const swaps = invert === 'yes' || (invert === 'auto' && isLight)
  const why = invert === 'auto' ? `its border is ${isLight ? 'light' : 'dark'}` : 'as asked'
  return {
    pixels: centred(swaps ? { ...raw, pixels: raw.pixels.map((value) => 255 - value) } : raw, shape),
    steps: [
      ...(channels === 1 ? ['made grey'] : []),
      `shrunk to fit ${width} x ${height}`,
      `${swaps ? 'light and dark swapped' : 'light and dark kept'} (${why})`,
    ],
  }
}
