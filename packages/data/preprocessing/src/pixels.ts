/**
 * A picture of 8 bits: rows from top to bottom, channels side by side. `ImageData` of a page with `channels: 4` is one.
 */
export type Pixels = {
  /** `height * width * channels` bytes. */
  readonly data: Uint8Array | Uint8ClampedArray
  readonly width: number
  readonly height: number
  /** 1 for grey, 3 for RGB, 4 for RGB and alpha. */
  readonly channels: 1 | 3 | 4
}

/** A rectangle of a picture, in pixels. */
export type Window = {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/**
 * Checks that a picture has as many bytes as its size says.
 *
 * @throws RangeError if not
 */
export const checkPixels = (name: string, { data, width, height, channels }: Pixels): void => {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
    throw new RangeError(`${name}: a picture has at least one pixel each way, not width ${width} and height ${height}`)
  if (channels !== 1 && channels !== 3 && channels !== 4)
    throw new RangeError(`${name}: a picture has 1, 3 or 4 channels, not ${String(channels)}; ImageData has 4`)
  if (data.length !== width * height * channels)
    throw new RangeError(
      `${name}: ${width} x ${height} pixels of ${channels} channels are ${width * height * channels} bytes, not ${data.length}`,
    )
}
