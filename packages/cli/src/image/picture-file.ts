import type { Pixels } from '@resfn/preprocessing'
import { CliError } from '../error.ts'

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

/** RGB bytes as a PNG file. */
export const pngOf = async (data: Uint8Array, width: number, height: number): Promise<Uint8Array> => {
  try {
    const { default: sharp } = await import('sharp')
    return new Uint8Array(
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer(),
    )
  } catch (error) {
    throw failed(error)
  }
}

/** A file inside a page. */
export const dataUrl = (type: string, bytes: Uint8Array): string =>
  `data:${type};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}`
