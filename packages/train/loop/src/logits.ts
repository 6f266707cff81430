import { type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import type { Examples } from '@resfn/batches'
import type { Logits } from '@resfn/losses'
import { BatchError, checkExamples } from '@resfn/step'

/**
 * A net as evaluation sees it, from a batch `[batch, ...input]` to logits `[batch, classes]`: `(x) => net.apply(params,
 * x, state)`.
 */
export type Predict = (x: Tensor) => Tensor

const logitsOf = async (predict: Predict, { images, shape, labels }: Examples): Promise<Logits> => {
  const logits = tidy(() => predict(tensor(images, [...shape], 'float32')))
  try {
    const [count, classes] = logits.shape
    if (logits.rank !== 2 || count !== labels.length || classes === undefined)
      throw new BatchError(
        `evaluate: the net gives [${logits.shape.join(',')}] for ${labels.length} examples; it must give logits [batch,classes]`,
      )
    return { values: (await logits.data()) as Float32Array, classes }
  } finally {
    logits.dispose()
  }
}

const slice = ({ images, shape: [count, ...sample], labels }: Examples, from: number, to: number): Examples => {
  const size = images.length / count!
  return {
    images: images.subarray(from * size, to * size),
    shape: [to - from, ...sample],
    labels: labels.subarray(from, to),
  }
}

const isOutOfMemory = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && (error as { readonly _tag?: unknown })._tag === 'OutOfMemory'

/**
 * The logits of each batch, with its labels. Where the backend has no memory for a batch (an error with the tag
 * `OutOfMemory`), the batch is halved until it fits, and later batches are cut to that size from the start.
 */
export async function* logitsOfEach(
  predict: Predict,
  batches: AsyncIterable<Examples> | Iterable<Examples>,
): AsyncGenerator<{ readonly logits: Logits; readonly labels: Int32Array }> {
  let fits = Infinity
  for await (const batch of batches) {
    checkExamples(batch)
    const count = batch.labels.length
    let from = 0
    while (from < count) {
      const part = slice(batch, from, Math.min(count, from + fits))
      const size = part.labels.length
      let logits: Logits | undefined
      try {
        logits = await logitsOf(predict, part)
      } catch (error) {
        if (!isOutOfMemory(error) || size === 1) throw error
        fits = Math.ceil(size / 2)
      }
      if (logits !== undefined) {
        yield { logits, labels: part.labels }
        from += size
      }
    }
  }
}
