import type { Shape } from '@resfn/layer'
import type { SourceFile as AnySourceFile } from '@resfn/zip'
import type { taskEither as TE } from 'fp-ts'

/** Why a file or a part of it cannot be read. */
export type ReadError = { readonly _tag: string; readonly message: string }

/** A tensor of a file: what it is, and its values, which are read when the task runs. */
export type PublishedTensor = {
  /** the element type as safetensors names it, such as `F32` */
  readonly dtype: string
  readonly shape: Shape
  /** the values row by row, rounded to float32, to be used before the next read of the file */
  readonly values: TE.TaskEither<ReadError, Float32Array>
}

/** The tensors of a file by key. */
export type PublishedWeights = ReadonlyMap<string, PublishedTensor>

/** A file that can be read in parts, whatever its errors. */
export type SourceFile = AnySourceFile<ReadError>

const prefixes = ['module.', '_orig_mod.', 'model.']

/**
 * The weights without a prefix that all keys have: `module.` of PyTorch's data-parallel nets, `_orig_mod.` of compiled
 * ones, `model.` of trainers.
 *
 * @param weights the tensors of a file
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { withoutPrefix } from '@resfn/import'
 *
 * assert.deepEqual([...withoutPrefix(new Map([['module.fc.bias', 1]])).keys()], ['fc.bias'])
 * ```
 */
export const withoutPrefix = <T>(weights: ReadonlyMap<string, T>): ReadonlyMap<string, T> => {
  const keys = [...weights.keys()]
  const prefix = prefixes.find((start) => keys.length > 0 && keys.every((key) => key.startsWith(start)))
  return prefix === undefined
    ? weights
    : withoutPrefix(new Map([...weights].map(([key, tensor]) => [key.slice(prefix.length), tensor])))
}
