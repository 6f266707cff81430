import { extname } from 'node:path'
import type { Pixels } from '@resfn/preprocessing'
import type { Sharp } from 'sharp'
import { CliError, usageError } from '../error.ts'
import { alternatives } from '../text/nearest.ts'

const failed = (error: unknown): CliError =>
  new CliError(
    'Drawing',
    `the picture could not be drawn (${error instanceof Error ? error.message : String(error)})`,
    {
      cause: error,
    },
  )

/** A picture as a JPEG file, at most `side` pixels wide and high. */
export const jpegOf = async ({ data, width, height, channels }: Pixels, side: number): Promise<Uint8Array> => {
  try {
    const { default: sharp } = await import('sharp')
    const image = sharp(data, { raw: { width, height, channels } }).resize(side, side, { fit: 'inside' })
    return new Uint8Array(await image.flatten({ background: '#fff' }).jpeg({ quality: 80 }).toBuffer())
  } catch (error) {
    throw failed(error)
  }
}

/** How pictures are written, by the ending of the name. */
const writers: { readonly [ending: string]: (image: Sharp) => Sharp } = {
  '.png': (image) => image.png(),
  '.jpg': (image) => image.jpeg({ quality: 92 }),
  '.jpeg': (image) => image.jpeg({ quality: 92 }),
  '.webp': (image) => image.webp({ quality: 92 }),
}

/** How a picture of a name is written; throws a `CliError` for another ending. */
export const pictureFormat = (path: string): ((pixels: Pixels) => Promise<Uint8Array>) => {
  const write = writers[extname(path).toLowerCase()]
  if (write === undefined)
    throw usageError(`--out ${path}: give a name that ends in ${alternatives(Object.keys(writers))}`)
  return async ({ data, width, height, channels }) => {
    try {
      const { default: sharp } = await import('sharp')
      return new Uint8Array(await write(sharp(data, { raw: { width, height, channels } })).toBuffer())
    } catch (error) {
      throw failed(error)
    }
  }
}

/** A file inside a page. */
export const dataUrl = (type: string, bytes: Uint8Array): string =>
  `data:${type};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}`
