import type { Examples } from '@resfn/batches'
import type { Replicas } from '@resfn/step'
import type { Looked } from './evaluate.ts'

/** What a rank looked at, as bytes: three numbers, then the columns. */
const encode = ({ predictions: { labels, predicted, probabilities, ranks }, loss, classes }: Looked): Uint8Array => {
  const count = labels.length
  const buffer = new ArrayBuffer(24 + 16 * count)
  new Float64Array(buffer, 0, 3).set([count, classes, loss])
  const columns = new Int32Array(buffer, 24)
  columns.set(labels)
  columns.set(predicted, count)
  new Float32Array(buffer, 24 + 8 * count, count).set(probabilities)
  columns.set(ranks, 3 * count)
  return new Uint8Array(buffer)
}

const decode = (bytes: Uint8Array): Looked => {
  const { buffer } = bytes.slice()
  const [count = 0, classes = 0, loss = 0] = new Float64Array(buffer, 0, 3)
  const column = (i: number): Int32Array => new Int32Array(buffer, 24 + 4 * i * count, count)
  return {
    predictions: {
      labels: column(0),
      predicted: column(1),
      probabilities: new Float32Array(buffer, 24 + 8 * count, count),
      ranks: column(3),
    },
    loss,
    classes,
  }
}

/** What all ranks looked at, in their order: each has the same. */
export const gathered = async (replicas: Replicas, own: Looked): Promise<readonly Looked[]> =>
  (await replicas.gather(encode(own))).map(decode)

/**
 * A pass that ranks take side by side, one batch at a time, until none of them has any left. Before each batch they
 * agree whether to stop, which `stop` then throws.
 */
export async function* sideBySide(
  replicas: Replicas,
  pass: AsyncIterable<Examples> | Iterable<Examples>,
  { isStopped, stop }: { readonly isStopped: () => boolean; readonly stop: () => never },
): AsyncGenerator<Examples> {
  async function* own(): AsyncGenerator<Examples> {
    yield* pass
  }
  const batches = own()
  try {
    for (;;) {
      const next = await batches.next()
      const [stopping = 0, going = 0] = await replicas.sum([isStopped() ? 1 : 0, next.done === true ? 0 : 1])
      if (stopping > 0) stop()
      if (going === 0) return
      if (next.done !== true) yield next.value
    }
  } finally {
    await batches.return(undefined)
  }
}
