/**
 * A picture of 8 bits: rows from top to bottom, channels side by side. `ImageData` of a page is one with 4 channels.
 */
export type Pixels = {
  /** `height * width * channels` bytes. */
  readonly data: Uint8Array | Uint8ClampedArray
  readonly width: number
  readonly height: number
  /** 1 for grey, 3 for RGB, 4 for RGB and alpha. */
  readonly channels: 1 | 3 | 4
}
