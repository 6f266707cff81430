import { softmax, tensor4d, tidy, zeros } from '@tensorflow/tfjs-core'
import type { Context } from '../context/context.ts'
import { type Going, joined, overPictures } from '../image/over-pictures.ts'
import type { Predicted, Prediction } from '../image/prediction-file.ts'
import { compileShaders } from './compile-shaders.ts'
import { readyNet } from './ready-net.ts'
import type { Viewer } from './viewer.ts'

/** The most probable classes of each picture of a batch. */
export const classify = async (
  { apply, input, classes }: Viewer,
  batch: readonly Float32Array[],
  top: number,
): Promise<readonly (readonly Prediction[])[]> => {
  if (batch.length === 0) return []
  const found = tidy(() => softmax(apply(tensor4d(joined(batch), [batch.length, ...input]))))
  const all = await found.data()
  found.dispose()
  const each = all.length / batch.length
  return batch.map((_, i) =>
    [...all.subarray(i * each, (i + 1) * each)]
      .map((probability, label) => ({ class: classes[label] ?? `class ${label}`, label, probability }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, top),
  )
}

/**
 * What a net says of each picture, in order, a batch at a time; tells people how far it is. One picture alone has to be
 * readable.
 */
export async function* lookAt(
  context: Context,
  viewer: Viewer,
  paths: readonly string[],
  { top, ...going }: Going & { readonly top: number },
): AsyncGenerator<Predicted> {
  const { net, params, state } = readyNet(viewer, viewer.input, paths.length)
  const ready: Viewer = { ...viewer, apply: (x) => net.apply(params, x, state) }
  let isFirst = true
  const look = async (batch: readonly Float32Array[]): ReturnType<typeof classify> => {
    if (isFirst) await compileShaders(context, () => ready.apply(zeros([batch.length, ...viewer.input])))
    isFirst = false
    return classify(ready, batch, top)
  }
  for await (const one of overPictures(context, viewer, paths, going, look))
    yield 'error' in one ? one : { image: one.image, predictions: one.found }
}
