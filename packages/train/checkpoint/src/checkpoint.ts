import type { Tensor } from '@tensorflow/tfjs-core'
import type { Variables } from '@resfn/layer'
import { decode, encode, type SafetensorsError, type TensorView, tensorView } from '@resfn/safetensors'
import { flatten } from '@resfn/tree'
import { either as E, function as F, type taskEither as TE } from 'fp-ts'
import type { CheckpointError } from './checkpoint-error.ts'
import { decodeMetadata, type Description, encodeMetadata, type Progress } from './metadata.ts'
import { type Run, weightsOf } from '@resfn/step'

/** A checkpoint file, decoded but not yet fitted to a net. */
export type Checkpoint = {
  readonly description: Description
  /** nothing where the file holds weights only */
  readonly progress: Progress | undefined
  /**
   * by name: `params.<path>`, `state.<path>`, `optimiser.<slot>.<path>`; where the run has a moving average, those are
   * its tensors, and `learning.params.<path>` and `learning.state.<path>` what learns. Views into the bytes
   */
  readonly tensors: ReadonlyMap<string, TensorView>
}

const unreadable = ({ message }: SafetensorsError): CheckpointError => ({ _tag: 'Unreadable', message })

const views = async (trees: {
  readonly [name: string]: unknown
}): Promise<readonly (readonly [string, TensorView])[]> =>
  Promise.all(
    flatten<Tensor>(trees).map(async ({ path, leaf }) => {
      const values = await leaf.data()
      return [path, tensorView('F32', [...leaf.shape], values as Float32Array)] as const
    }),
  )

const file =
  (
    trees: { readonly [name: string]: unknown },
    metadata: readonly (readonly [string, string])[],
  ): TE.TaskEither<CheckpointError, Uint8Array> =>
  async () =>
    E.mapLeft(unreadable)(encode({ tensors: await views(trees), metadata }))

/**
 * A run as the bytes of one safetensors file: its tensors under `params.`, `state.` and `optimiser.`, all else as JSON
 * in the metadata. Where the run has a moving average, that is under `params.` and `state.`, so that every reader
 * evaluates it, and what learns under `learning.`. The same run gives the same bytes. Write them to a temporary name
 * and rename, so that a crash leaves the old file.
 *
 * @param run a run; it is read when the task runs and must be alive until then
 * @param description what the file should say of the net and its training
 * @returns a task of the bytes, or of a `CheckpointError` (`Unreadable`: a name or number that the format cannot hold)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { decodeCheckpoint, encodeCheckpoint } from '@resfn/checkpoint'
 * import { startRun } from '@resfn/step'
 * import { sgd } from '@resfn/optimisers'
 * import { key } from '@resfn/random'
 * import { either as E, function as F } from 'fp-ts'
 *
 * const run = startRun(dense({ out: 2 }), { optimiser: sgd(), key: key(0), input: [3] })
 * const bytes = await encodeCheckpoint(run, { net: { name: 'linear', input: [3], classes: ['cat', 'dog'] } })()
 * const names = F.pipe(bytes, E.chain(decodeCheckpoint), E.map(({ tensors }) => [...tensors.keys()]))
 * assert.deepEqual(names, E.right(['params.bias', 'params.weight']))
 * ```
 */
export const encodeCheckpoint = <P, S>(
  { params, state, optimiser, average, ...progress }: Run<P, S>,
  description: Description,
): TE.TaskEither<CheckpointError, Uint8Array> =>
  file(
    {
      ...weightsOf({ params, state, average }),
      optimiser,
      ...(average !== undefined && { learning: { params, state } }),
    },
    encodeMetadata(description, progress),
  )

/**
 * Parameters and state alone as the bytes of a safetensors file: enough to evaluate, not to train on.
 *
 * @param variables parameters and state; `weightsOf` a run
 * @param description what the file should say of the net
 * @returns a task of the bytes, or of a `CheckpointError`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { init } from '@resfn/layer'
 * import { encodeWeights } from '@resfn/checkpoint'
 * import { key } from '@resfn/random'
 *
 * const bytes = await encodeWeights(init(dense({ out: 2 }), key(0), [3]), { net: { name: 'linear', input: [3], classes: ['cat', 'dog'] } })()
 * assert.equal(bytes._tag, 'Right')
 * ```
 */
export const encodeWeights = <P, S>(
  { params, state }: Variables<P, S>,
  description: Description,
): TE.TaskEither<CheckpointError, Uint8Array> => file({ params, state }, encodeMetadata(description))

/**
 * Reads the bytes of a checkpoint: what it says of itself, and its tensors by name. The description tells which net to
 * build; `restoreRun` and `restoreVariables` then fit the tensors to it.
 *
 * @param bytes the whole file
 * @returns the checkpoint, or a `CheckpointError`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decodeCheckpoint } from '@resfn/checkpoint'
 *
 * const result = decodeCheckpoint(new Uint8Array(3))
 * assert.ok(result._tag === 'Left' && result.left._tag === 'Unreadable')
 * ```
 */
export const decodeCheckpoint = (bytes: Uint8Array): E.Either<CheckpointError, Checkpoint> =>
  F.pipe(
    decode(bytes),
    E.mapLeft(unreadable),
    E.chain(({ metadata, tensors }) =>
      F.pipe(
        decodeMetadata(metadata),
        E.map((read) => ({ ...read, tensors })),
      ),
    ),
  )
