import type { ImageSet } from '@resfn/batches'
import { gradCam, lastMaps } from '@resfn/class-activation'
import type { Layer } from '@resfn/layer'
import type { Image } from '@resfn/report'
import type { Images } from '@resfn/transforms'
import { tensor4d, tidy } from '@tensorflow/tfjs-core'
import { covered, type Heat } from '../image/overlay.ts'
import type { AnyVariables } from './evaluation.ts'

/** A net with its weights, and how it takes images that are shown. */
export type Looking = AnyVariables & {
  readonly net: Layer<unknown, unknown>
  readonly prepare: (samples: ImageSet) => Images
}

/** Images that go through the net at once. */
const together = 8

/** The longer side of a picture in the report, at most. */
const longest = 112

/** The maps of some images at the last part of the net that has maps. */
const mapsOf = async (
  { net, params, state }: Looking,
  { images, shape }: Images,
  classes: readonly number[],
): Promise<readonly Heat[]> => {
  const map = tidy(() => {
    const layer = lastMaps(net, shape.slice(1))
    return gradCam(net, params, state, tensor4d(images, [...shape]), { layer, class: classes }).map
  })
  const [, height = 1, width = 1] = map.shape
  const values = (await map.data<'float32'>().finally(() => map.dispose())).slice()
  const each = height * width
  return classes.map((_, i) => ({ values: values.subarray(i * each, (i + 1) * each), height, width }))
}

const hasNoMaps = (error: unknown): boolean =>
  error instanceof Error && '_tag' in error && ['ActivationError', 'UnconnectedError'].includes(String(error._tag))

/**
 * Pictures with a map over them of what counted for a class (Grad-CAM). None where the net has no maps, or the class
 * does not depend on them.
 */
export const seenMaps = async (
  looking: Looking,
  samples: ImageSet,
  classes: readonly number[],
): Promise<readonly Image[]> => {
  const { images, shape } = samples
  const [height = 0, width = 0, channels = 0] = shape
  const size = height * width * channels
  const factor = Math.min(2, longest / Math.max(height, width))
  const side = [Math.max(1, Math.round(height * factor)), Math.max(1, Math.round(width * factor))] as const
  const seen: Image[] = []
  try {
    for (let from = 0; from < classes.length; from += together) {
      const own = classes.slice(from, from + together)
      const bytes = images.subarray(from * size, (from + own.length) * size)
      const prepared = looking.prepare({ ...samples, images: bytes, labels: Int32Array.from(own) })
      for (const [i, map] of (await mapsOf(looking, prepared, own)).entries()) {
        const shown = { values: bytes.subarray(i * size, (i + 1) * size), height, width, channels }
        const { data: pixels, ...drawn } = covered(shown, map, side)
        seen.push({ pixels, ...drawn, channels: 3 })
      }
    }
  } catch (error) {
    if (hasNoMaps(error)) return []
    throw error
  }
  return seen
}
