import type { Tensor } from '@tensorflow/tfjs-core'
import { checkSample, type Empty, type Layer, lift, type Shape, slide, type Window } from '@resfn/layer'
import { checkOptions, flag, optional, OptionsError, type Rule, wholeNumberFrom } from '@resfn/options'

/** The window of a pooling layer. */
export type PoolOptions = {
  /** height and width of the window */
  readonly size: number
  /** pixels from one window to the next; `size` by default */
  readonly stride?: number
  /** pixels added on each of the four sides, at most half of `size`; 0 by default */
  readonly padding?: number
  /**
   * whether a last window may reach over the edge at the bottom and right, as long as it starts inside; by default the
   * remainder is dropped
   */
  readonly ceilMode?: boolean
}

const rules = {
  size: wholeNumberFrom(1),
  stride: optional(wholeNumberFrom(1)),
  padding: optional(wholeNumberFrom(0)),
  ceilMode: optional(flag),
}

export type FullWindow = Required<Omit<Window, 'dilation'>>

/** The window that the options describe, with every choice made. */
export const windowOf = (
  caller: string,
  options: PoolOptions,
  more: { readonly [name: string]: Rule } = {},
): FullWindow => {
  checkOptions(caller, options, { ...rules, ...more })
  const { size, stride = size, padding = 0, ceilMode = false } = options
  if (padding > size / 2)
    throw new OptionsError(`${caller}: padding must be at most half of the size ${size}, not ${padding}`)
  return { size, stride, padding, ceilMode }
}

/** Where the windows lie along one axis of an image. */
export type Axis = {
  /** the size of the image */
  readonly extent: number
  /** how many windows there are */
  readonly windows: number
  /** pixels that are added after the image, so that the last window fits */
  readonly after: number
}

/** The windows on an image: along its height and along its width. */
export const axesOf = (image: Shape, window: FullWindow): readonly [Axis, Axis] => {
  const { size, stride, padding } = window
  const counts = slide('window', image, window)
  const along = (axis: 0 | 1): Axis => {
    const [extent, windows] = [image[axis]!, counts[axis]]
    return { extent, windows, after: Math.max(0, (windows - 1) * stride + size - extent - padding) }
  }
  return [along(0), along(1)]
}

/** The paddings of a batch of images, so that every window fits; undefined where nothing is to be added. */
export const paddingsOf = (
  [down, across]: readonly [Axis, Axis],
  { padding }: FullWindow,
): [[0, 0], [number, number], [number, number], [0, 0]] | undefined =>
  padding + down.after + across.after === 0
    ? undefined
    : [
        [0, 0],
        [padding, down.after],
        [padding, across.after],
        [0, 0],
      ]

export const poolLayer = (kind: string, window: FullWindow, pool: (x: Tensor) => Tensor): Layer<Empty> => {
  const { size, stride } = window
  return lift(pool, {
    kind: `${kind} ${size}x${size}${stride === 1 ? '' : ` /${stride}`}`,
    output: (input) => {
      checkSample(kind, input, ['image'])
      return [...slide('window', input, window), input[2]!]
    },
  })
}
