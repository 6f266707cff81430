import { embed } from '@resfn/surgery'
import { tensor4d, tidy } from '@tensorflow/tfjs-core'
import type { Context } from '../context/context.ts'
import { CliError } from '../error.ts'
import { joined, overPictures } from '../image/over-pictures.ts'
import { type Unread, unread } from '../image/prediction-file.ts'
import { count } from '../text/format.ts'
import { readyNet } from './ready-net.ts'
import type { Viewer } from './viewer.ts'

/** Pictures as vectors, row by row. */
export type Embedded = {
  readonly images: readonly string[]
  readonly vectors: readonly Float32Array[]
  readonly failed: readonly Unread[]
}

/** The embeddings of pictures: what the net gives without its head. Throws if none could be read. */
export const embedPictures = async (
  context: Context,
  viewer: Viewer,
  paths: readonly string[],
  { strict }: { readonly strict: boolean },
): Promise<Embedded> => {
  const { net, params, state } = readyNet({ ...viewer, net: embed(viewer.net) }, viewer.input, paths.length)
  const { signal, release } = context.interrupts()
  const images: string[] = []
  const vectors: Float32Array[] = []
  const failed: Unread[] = []
  const look = async (batch: readonly Float32Array[]): Promise<readonly Float32Array[]> => {
    const y = tidy(() => net.apply(params, tensor4d(joined(batch), [batch.length, ...viewer.input]), state))
    const values = (await y.data()) as Float32Array
    y.dispose()
    const size = values.length / batch.length
    return batch.map((_, i) => values.slice(i * size, (i + 1) * size))
  }
  try {
    for await (const one of overPictures(context, viewer, paths, { strict, signal }, look)) {
      if ('error' in one) failed.push(unread(one))
      else {
        images.push(one.image)
        vectors.push(one.found)
      }
    }
  } finally {
    release()
  }
  if (images.length === 0)
    throw new CliError('NoPictures', `none of the ${count(paths.length)} pictures could be read; see above`)
  return { images, vectors, failed }
}

/** The cosine of the angle between two vectors: 1 where they have one direction. A vector of zeros has none: 0. */
export const cosine = (a: Float32Array, b: Float32Array): number => {
  let [dot, left, right] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!
    left += a[i]! ** 2
    right += b[i]! ** 2
  }
  return left === 0 || right === 0 ? 0 : dot / Math.sqrt(left * right)
}
