import { softmax, tensor4d, tidy } from '@tensorflow/tfjs-core'
import type { Context } from '../context/context.ts'
import { interruptedBy } from '../error.ts'
import { pictureProgress } from '../image/picture-progress.ts'
import { pictureName } from '../image/read-picture.ts'
import { readPictures } from '../image/read-pictures.ts'
import type { Predicted, Prediction } from '../image/prediction-file.ts'
import { count } from '../text/format.ts'
import { evaluationBatch } from './evaluation.ts'
import type { Viewer } from './viewer.ts'

/** The most probable classes of each picture of a batch. */
export const classify = async (
  { apply, input, classes }: Viewer,
  batch: readonly Float32Array[],
  top: number,
): Promise<readonly (readonly Prediction[])[]> => {
  if (batch.length === 0) return []
  const x = new Float32Array(batch.length * input[0] * input[1] * input[2])
  batch.forEach((one, i) => x.set(one, i * one.length))
  const found = tidy(() => softmax(apply(tensor4d(x, [batch.length, ...input]))))
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

/** How a net looks at pictures. */
export type Looking = {
  /** How many classes to tell. */
  readonly top: number
  /** Whether a picture that cannot be read ends the work. */
  readonly strict: boolean
  readonly signal: AbortSignal
}

/**
 * What a net says of each picture, in order, a batch at a time; tells people how far it is. One picture alone has to be
 * readable.
 */
export async function* lookAt(
  context: Context,
  viewer: Viewer,
  paths: readonly string[],
  { top, strict, signal }: Looking,
): AsyncGenerator<Predicted> {
  const isAlone = paths.length === 1
  const progress = pictureProgress(context, paths.length)
  const pictures = readPictures(context, paths, {
    batch: evaluationBatch(viewer.input),
    grey16: viewer.grey16,
    prepare: viewer.see,
  })
  let done = 0
  try {
    for await (const batch of pictures) {
      if (signal.aborted) throw interruptedBy(signal, `stopped after ${count(done)} of ${count(paths.length)} pictures`)
      const seen = batch.flatMap((one) => ('value' in one ? [one.value] : []))
      if (isAlone && seen[0] !== undefined && seen[0].steps.length > 0)
        progress.note(`image ${pictureName(paths[0]!)}: ${seen[0].steps.join(', ')}`)
      const said = await classify(
        viewer,
        seen.map(({ x }) => x),
        top,
      )
      let next = 0
      for (const one of batch) {
        if ('value' in one) yield { image: one.path, predictions: said[next++]! }
        else if (strict || isAlone) throw one.error
        else {
          progress.note(`left out: ${one.error.message}`)
          yield { image: one.path, error: one.error }
        }
      }
      done += batch.length
      if (!isAlone) progress.done(done)
      // A net that computes without a pause lets no signal in.
      await new Promise((after) => setImmediate(after))
    }
  } finally {
    progress.end()
  }
}
