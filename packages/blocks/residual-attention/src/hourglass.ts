import {
  type AnyLayer,
  type Empty,
  graph,
  type Layer,
  repeat,
  sequential,
  type Shape,
  sum,
  untyped,
} from '@resfn/layer'
import { checkOptions, oneOf, optional, wholeNumberFrom } from '@resfn/options'
import { maxPool } from '@resfn/pool'
import { keepSize } from '@resfn/resize'

/**
 * What is added where the mask goes up. `paper`: the skip unit of the level, as in the released nets, whose
 * interpolation takes the size of the other layer and nothing else. `tsf`: that layer itself too, as in the ports to
 * PyTorch and MXNet.
 */
export type Fuse = 'paper' | 'tsf'

/** The options of the way down and up. */
export type HourglassOptions = {
  /** the residual unit, which keeps the shape */
  readonly unit: AnyLayer
  /** how often the image is halved */
  readonly depth: number
  /** units at each step; 1 by default, and twice as many at the bottom */
  readonly r?: number
  /** halves the image; 3x3 max pooling with Caffe's rounding by default */
  readonly pool?: Layer<Empty>
  /** what is added on the way up; `paper` by default */
  readonly fuse?: Fuse
}

/**
 * How often an image is halved until no side is longer than `smallest`: `ceil(log2(side / smallest))`. The paper's
 * masks go down to 7 pixels, so that they see the whole image.
 *
 * @param image the shape of the image, [height, width, ...]
 * @param smallest pixels
 * @see Wang et al., "Residual attention network for image classification" (2017), section 4.2
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { maskDepth } from '@resfn/residual-attention'
 *
 * assert.deepEqual([56, 28, 14, 7].map((side) => maskDepth([side, side], 7)), [3, 2, 1, 0])
 * ```
 */
export const maskDepth = ([height, width]: Shape, smallest: number): number =>
  Math.max(0, Math.ceil(Math.log2(Math.max(height!, width!) / smallest)))

/** Units in a row; one unit alone keeps its own names. */
export const inRow = (unit: AnyLayer, count: number): AnyLayer =>
  count === 1 ? unit : repeat(Array.from({ length: count }, () => unit))

export const fuses: readonly Fuse[] = ['paper', 'tsf']

const rules = {
  depth: wholeNumberFrom(0),
  r: optional(wholeNumberFrom(1)),
  fuse: optional(oneOf(...fuses)),
}

/** Max pooling as Caffe rounds it; padding never wins, so that negative values stay right. */
const caffePool = maxPool({ size: 3, stride: 2, ceilMode: true })

/**
 * The way down and up of a mask: at each level the image is halved and passes `r` units, and on the way up it is
 * brought to the size before, joined with what a skip unit makes of that level, and passes `r` units. At the bottom are
 * `2 r` units. The output has the size of the input; with depth 0 the image is not halved.
 *
 * `down = units(pool(x)); up = units(resize(inner(down), size of down) + skip(down)); y = resize(up, size of x)`
 *
 * @param options the unit, the depth, how many units, the pooling, and what is added on the way up
 * @returns the layer, with the names `down`, `skip`, `inner` and `up` at each level
 * @throws OptionsError if a count is not a whole number, or there is no such fuse
 * @throws ShapeError, from `plan`, if the unit does not keep the shape or the image is too small for its depth
 * @see Wang et al., "Residual attention network for image classification" (2017), section 3.1 and figure 2; the
 * released `Attention-56-deploy.prototxt`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { conv2d } from '@resfn/conv2d'
 * import { identityAdd } from '@resfn/identity-add'
 * import { hourglass } from '@resfn/residual-attention'
 *
 * const net = hourglass({ unit: identityAdd(conv2d({ out: 8, size: 3 })), depth: 2 })
 * assert.deepEqual(net.plan([13, 9, 8]).output, [13, 9, 8])
 * ```
 */
export const hourglass = (options: HourglassOptions): Layer<unknown, unknown> => {
  const { unit, depth, r = 1, pool = caffePool, fuse = 'paper' } = options
  checkOptions<object>('hourglass', { depth, r, fuse }, rules)
  if (depth === 0) return untyped(sequential({ down: inRow(unit, 2 * r) }))
  const inner = { unit, depth: depth - 1, r, pool, fuse }
  const level =
    depth === 1
      ? sequential({ pool, down: inRow(unit, 2 * r) })
      : graph(
          { pool, down: inRow(unit, r), skip: unit, inner: hourglass(inner), up: inRow(unit, r) },
          {
            inner: 'down',
            up: { join: sum, of: fuse === 'tsf' ? ['skip', 'inner', 'down'] : ['skip', 'inner'] },
          },
        )
  return untyped(keepSize(level, { method: 'bilinear-corners' }))
}
