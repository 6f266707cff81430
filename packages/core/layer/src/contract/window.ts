import { ShapeError } from './path-error.ts'
import { formatShape, type Shape } from './shape.ts'

/** A square window that moves over an image, in pixels: that of a convolution or a pool. */
export type Window = {
  readonly size: number
  readonly stride: number
  readonly padding: number
  /** pixels from one place of the window to the next; 1 by default */
  readonly dilation?: number
  /** a last window may reach over the bottom and right edge of the padded image; not by default */
  readonly ceilMode?: boolean
}

/**
 * How often a window fits on an image: `[floor((height + 2 padding - dilation (size - 1) - 1) / stride) + 1, …]`, as in
 * PyTorch. With `ceilMode` it is the ceiling, less one where the last window would start in the padding at the bottom
 * or right.
 *
 * @param word what the window is called in the message: `filter` or `window`
 * @param input the shape of the image, [height, width, channels]
 * @param window size, stride, padding, dilation, and whether the last window may reach over the edge
 * @returns rows and columns
 * @throws ShapeError if the window is larger than the padded image
 * @see Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), section 2.4
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { slide } from '@resfn/layer'
 *
 * assert.deepEqual(slide('filter', [224, 224, 3], { size: 7, stride: 2, padding: 3 }), [112, 112])
 * ```
 */
export const slide = (
  word: string,
  input: Shape,
  { size, stride, padding, dilation = 1, ceilMode = false }: Window,
): readonly [rows: number, columns: number] => {
  const reach = dilation * (size - 1) + 1
  const along = (extent: number): number => {
    const steps = (extent + 2 * padding - reach) / stride
    if (!ceilMode) return Math.floor(steps) + 1
    const last = Math.ceil(steps)
    return last * stride >= extent + padding ? last : last + 1
  }
  const [rows, columns] = [along(input[0]!), along(input[1]!)]
  if (rows < 1 || columns < 1)
    throw new ShapeError(
      '',
      `the ${size}x${size} ${word}${dilation === 1 ? '' : ` with dilation ${dilation}, ${reach}x${reach},`} is larger than the input ${formatShape(input)} with padding ${padding}; use a smaller ${word} or more padding`,
    )
  return [rows, columns]
}
