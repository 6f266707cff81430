import { image, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import {
  type AnyLayer,
  checkBatch,
  checkSample,
  type Empty,
  followedBy,
  type Layer,
  lift,
  type ParamsOf,
  shaped,
  type StateOf,
} from '@resfn/layer'
import { checkOptions, oneOf, optional, wholeNumberFrom } from '@resfn/options'

/** Where the pixels of the output lie on the input, and how values between pixels are found. */
export type ResizeMethod = 'bilinear' | 'bilinear-corners' | 'nearest'

/** How values are found. */
export type ResizeMethodOptions = {
  /**
   * `bilinear` (the default): between the four nearest pixels, pixels being squares; PyTorch's `align_corners=False`.
   * `bilinear-corners`: the same with the corner pixels on each other; `align_corners=True`. `nearest`: PyTorch's.
   */
  readonly method?: ResizeMethod
}

/** The options of a resize. */
export type ResizeOptions = ResizeMethodOptions & {
  /** rows of the output */
  readonly height: number
  /** columns of the output */
  readonly width: number
}

const functions: { readonly [M in ResizeMethod]: (x: Tensor4D, size: [number, number]) => Tensor } = {
  bilinear: (x, size) => image.resizeBilinear(x, size, false, true),
  'bilinear-corners': (x, size) => image.resizeBilinear(x, size, true),
  nearest: (x, size) => image.resizeNearestNeighbor(x, size),
}

const methodRules = { method: optional(oneOf(...Object.keys(functions))) }
const rules = { height: wholeNumberFrom(1), width: wholeNumberFrom(1), ...methodRules }

const resized = (x: Tensor, { height, width, method = 'bilinear' }: ResizeOptions): Tensor => {
  checkBatch('resize', x, ['image'])
  return functions[method](x as Tensor4D, [height, width])
}

/**
 * Resizing as a bare function: `y[n,i,j,c] = sum over the pixels (p, q) near (i', j') of (1 - |i' - p|) (1 - |j' - q|)
 * x[n,p,q,c]`, where `i' = (i + 1/2) in / out - 1/2` (`bilinear`) or `i' = i (in - 1) / (out - 1)`
 * (`bilinear-corners`); for `nearest`, `y[n,i,j,c] = x[n,floor(i in / out),floor(j in / out),c]`.
 *
 * @param x [batch, height, width, channels]
 * @param options height and width of the output in pixels, and the method
 * @returns [batch, options.height, options.width, channels]
 * @throws OptionsError if an option is unknown, missing or outside its range
 * @throws ShapeError, InputError if x is not a float32 batch of images
 * @see PyTorch's `torch.nn.functional.interpolate`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyResize } from '@resfn/resize'
 *
 * const x = tf.tensor4d([0, 2], [1, 1, 2, 1])
 * const y = applyResize(x, { height: 1, width: 3, method: 'bilinear-corners' })
 * assert.deepEqual([...y.dataSync()], [0, 1, 2])
 * ```
 */
export const applyResize = (x: Tensor, options: ResizeOptions): Tensor => {
  checkOptions('applyResize', options, rules)
  return resized(x, options)
}

/**
 * Resizing to a given height and width as a layer; a source of one pixel fills the image. The gradient shares each
 * value out to the pixels that it came from.
 *
 * @param options height and width of the output in pixels, and the method
 * @throws OptionsError if an option is unknown, missing or outside its range
 * @throws ShapeError, from `plan`, if the input is not [height, width, channels]
 * @see PyTorch's `torch.nn.functional.interpolate`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resize } from '@resfn/resize'
 *
 * assert.deepEqual(resize({ height: 14, width: 14 }).plan([7, 7, 64]).output, [14, 14, 64])
 * ```
 */
export const resize = (options: ResizeOptions): Layer<Empty> => {
  checkOptions('resize', options, rules)
  const { height, width } = options
  return lift((x) => resized(x, options), {
    kind: `resize ${height}x${width}`,
    output: (input) => {
      checkSample('resize', input, ['image'])
      return [height, width, input[2]!]
    },
  })
}

/**
 * A layer whose output is brought back to the height and width of its input: `y = resize(inner(x), size of x)`. Its
 * trees are the inner layer's own. It is the way up of an hourglass, at any size of the image.
 *
 * @param inner a layer from images to images
 * @param options the method
 * @throws OptionsError if there is no such method
 * @throws ShapeError, from `plan`, if the inner layer cannot take its input
 * @see Wang et al., "Residual attention network for image classification" (2017), section 3.1, and figure 3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { maxPool } from '@resfn/pool'
 * import { keepSize } from '@resfn/resize'
 *
 * const blurred = keepSize(maxPool({ size: 2 }), { method: 'bilinear-corners' })
 * assert.deepEqual(blurred.plan([7, 5, 64]).output, [7, 5, 64])
 * ```
 */
export const keepSize = <F extends AnyLayer>(
  inner: F,
  options: ResizeMethodOptions = {},
): Layer<ParamsOf<F>, StateOf<F>> => {
  checkOptions('keepSize', options, methodRules)
  return shaped((input) => {
    checkSample('keepSize', input, ['image'])
    return followedBy(inner, resize({ ...options, height: input[0]!, width: input[1]! }))
  }) as Layer<ParamsOf<F>, StateOf<F>>
}
