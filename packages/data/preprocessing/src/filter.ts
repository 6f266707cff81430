import type { Coefficients } from './coefficients.ts'
import type { Pixels } from './pixels.ts'

/** Rows of a picture, and the outputs that are made of them. */
export type Band = {
  /** The rows one behind the other; the first one is row `top` of the picture. */
  readonly data: Pixels['data']
  readonly width: number
  readonly channels: Pixels['channels']
  readonly top: number
  readonly across: Coefficients
  readonly down: Coefficients
}

/** Filters first along the rows and then down the columns, and rounds to bytes in between; gives RGB or grey. */
export type Filter = (band: Band) => Uint8Array
