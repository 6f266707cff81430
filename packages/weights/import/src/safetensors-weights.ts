import { decodeHeader, maximalHeaderLength, toFloat32 } from '@resfn/safetensors'
import { either as E, function as F, taskEither as TE } from 'fp-ts'
import type { PublishedTensor, PublishedWeights, ReadError, SourceFile } from './published-weights.ts'

/** Most headers are in the first bytes; those that are not are read again. */
const firstBytes = 65536

const headerBytes = ({ length, read }: SourceFile): TE.TaskEither<ReadError, Uint8Array> =>
  F.pipe(
    read(0, Math.min(length, firstBytes)),
    TE.chain((bytes) => {
      if (bytes.length < 8) return TE.right(bytes)
      const claimed = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true))
      const end = 8 + claimed
      // A length that cannot be true is told by the decoder.
      return end <= bytes.length || claimed > maximalHeaderLength || end > length ? TE.right(bytes) : read(0, end)
    }),
  )

/**
 * The tensors of a safetensors file. Only the header is read now; each tensor is read when its values are asked for.
 *
 * @param file the file, such as `fileOf(bytes)`
 * @returns the tensors by key, or why there are none
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fileOf, safetensorsWeights } from '@resfn/import'
 * import { encode, tensorView } from '@resfn/safetensors'
 * import { either as E, function as F, taskEither as TE } from 'fp-ts'
 *
 * const bytes = encode({ tensors: [['fc.bias', tensorView('F32', [2], new Float32Array([1, 2]))]] })
 * const weights = F.pipe(TE.fromEither(bytes), TE.flatMap((file) => safetensorsWeights(fileOf(file))))
 * assert.deepEqual(E.map((map: ReadonlyMap<string, unknown>) => [...map.keys()])(await weights()), E.right(['fc.bias']))
 * ```
 */
export const safetensorsWeights = (file: SourceFile): TE.TaskEither<ReadError, PublishedWeights> =>
  F.pipe(
    headerBytes(file),
    TE.chainEitherKW((bytes) => decodeHeader(bytes, file.length)),
    TE.map(
      ({ tensors }) =>
        new Map(
          [...tensors].map(([key, { dtype, shape, start, end }]): [string, PublishedTensor] => [
            key,
            {
              dtype,
              shape,
              values: F.pipe(
                file.read(start, end),
                TE.chainEitherKW((data) => toFloat32({ dtype, shape, data })),
              ),
            },
          ]),
        ),
    ),
  )

const invalidIndex = (what: string): ReadError => ({
  _tag: 'InvalidIndex',
  message: `the index: ${what}; give the file that ends in .safetensors.index.json, with its shards beside it`,
})

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Which shard has which key, from the text of an index. */
const weightMap = (text: string): E.Either<ReadError, readonly (readonly [key: string, shard: string])[]> => {
  const parsed = E.tryCatch(
    () => JSON.parse(text) as unknown,
    () => invalidIndex('it is not JSON'),
  )
  if (E.isLeft(parsed)) return parsed
  const map = isRecord(parsed.right) ? parsed.right['weight_map'] : undefined
  if (!isRecord(map)) return E.left(invalidIndex('it has no "weight_map"'))
  const pairs = Object.entries(map)
  const strange = pairs.find(([, shard]) => typeof shard !== 'string' || !/^[^/\\]+$/.test(shard) || shard === '..')
  return strange === undefined
    ? E.right(pairs as [string, string][])
    : E.left(
        invalidIndex(`the shard of ${strange[0]} is ${JSON.stringify(strange[1])}, not the name of a file beside it`),
      )
}

/**
 * The tensors of a checkpoint in several safetensors files, by its `model.safetensors.index.json`.
 *
 * @param index the text of the index
 * @param open opens the shard of a name, which never has a folder in it
 * @returns the tensors by key, or why there are none
 * @see huggingface/transformers, the format of sharded checkpoints
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { shardedWeights } from '@resfn/import'
 * import { taskEither as TE } from 'fp-ts'
 *
 * const open = (name: string) => TE.left({ _tag: 'Missing', message: `${name}: there is no such file` })
 * const weights = await shardedWeights('{ "weight_map": { "fc.bias": "a.safetensors" } }', open)()
 * assert.ok(weights._tag === 'Left' && weights.left.message.startsWith('a.safetensors'))
 * ```
 */
export const shardedWeights = (
  index: string,
  open: (name: string) => TE.TaskEither<ReadError, SourceFile>,
): TE.TaskEither<ReadError, PublishedWeights> =>
  F.pipe(
    TE.fromEither(weightMap(index)),
    TE.chain((pairs) =>
      F.pipe(
        [...new Set(pairs.map(([, shard]) => shard))],
        TE.traverseSeqArray((name) =>
          F.pipe(
            open(name),
            TE.chain(safetensorsWeights),
            TE.map((weights) => [name, weights] as const),
          ),
        ),
        TE.chainEitherK((opened) => {
          const shards = new Map(opened)
          const missing = pairs.find(([key, shard]) => !shards.get(shard)!.has(key))
          return missing === undefined
            ? E.right(new Map(pairs.map(([key, shard]) => [key, shards.get(shard)!.get(key)!])))
            : E.left(invalidIndex(`${missing[1]} has no tensor ${missing[0]}`))
        }),
      ),
    ),
  )
