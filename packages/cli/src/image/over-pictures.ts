import type { Context } from '../context/context.ts'
import { type CliError, interruptedBy } from '../error.ts'
import { evaluationBatch } from '../run/evaluation.ts'
import type { Viewer } from '../run/viewer.ts'
import { count } from '../text/format.ts'
import { pictureProgress } from './picture-progress.ts'
import { pictureName } from './read-picture.ts'
import { readPictures } from './read-pictures.ts'

/** How a net goes over pictures. */
export type Going = {
  /** Whether a picture that cannot be read ends the work. */
  readonly strict: boolean
  readonly signal: AbortSignal
}

/** What was found in a picture, or why nothing was. */
export type Found<A> =
  | { readonly image: string; readonly found: A }
  | { readonly image: string; readonly error: CliError }

/**
 * What a net finds in each picture, in order, a batch at a time; tells people how far it is. One picture alone has to
 * be readable.
 */
export async function* overPictures<A>(
  context: Context,
  viewer: Viewer,
  paths: readonly string[],
  { strict, signal }: Going,
  look: (batch: readonly Float32Array[]) => Promise<readonly A[]>,
): AsyncGenerator<Found<A>> {
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
      const found = seen.length === 0 ? [] : await look(seen.map(({ x }) => x))
      let next = 0
      for (const one of batch) {
        if ('value' in one) yield { image: one.path, found: found[next++]! }
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

/** Pictures as one batch for the net of a viewer: `[batch, height, width, channels]`. */
export const joined = (batch: readonly Float32Array[]): Float32Array => {
  const size = batch[0]?.length ?? 0
  const all = new Float32Array(batch.length * size)
  batch.forEach((one, i) => all.set(one, i * size))
  return all
}
