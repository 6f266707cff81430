import { dirname, join, resolve } from 'node:path'
import {
  bufferedFile,
  numpyWeights,
  type PublishedWeights,
  type ReadError,
  safetensorsWeights,
  shardedWeights,
  type SourceFile,
  torchWeights,
} from '@resfn/import'
import { taskEither as TE } from 'fp-ts'
import type { Context } from '../context/context.ts'
import { CliError, toCliError, unwrap, usageError } from '../error.ts'

/** The tensors of a file that another program wrote. */
export type WeightsFile = { readonly path: string; readonly weights: PublishedWeights }

const sourceFile = async ({ files }: Context, path: string): Promise<SourceFile> =>
  bufferedFile(await files.size(path), (bytes, start) =>
    TE.tryCatch(() => files.readPart(path, bytes, start), toCliError),
  )

/**
 * Whether a file is one of torch.save: it is named so, or begins as a zip file or a pickle. The header of a safetensors
 * file may have a length with the same bytes, so its brace is looked for.
 */
const isTorch = async (path: string, file: SourceFile): Promise<boolean> => {
  const bytes = unwrap(await file.read(0, Math.min(9, file.length))())
  const [first, second] = bytes
  return (
    bytes[8] !== 0x7b &&
    (/\.(pth|pt)$/.test(path) || (first === 0x50 && second === 0x4b) || (first === 0x80 && second! < 6))
  )
}

const weightsOf = async (context: Context, path: string): Promise<PublishedWeights> => {
  if (path.endsWith('.json')) {
    const shard = (name: string): TE.TaskEither<ReadError, SourceFile> =>
      TE.tryCatch(() => sourceFile(context, join(dirname(path), name)), toCliError)
    return unwrap(await shardedWeights(await context.files.readText(path), shard)())
  }
  const file = await sourceFile(context, path)
  if (path.endsWith('.npz')) return unwrap(await numpyWeights(file)())
  return unwrap(await ((await isTorch(path, file)) ? torchWeights : safetensorsWeights)(file)())
}

/** Opens a file of weights; its tensors are read when they are asked for. */
export const openWeights = async (context: Context, given: string): Promise<WeightsFile> => {
  const path = resolve(context.cwd, given)
  if ((await context.files.kind(path)) === 'folder')
    throw usageError(
      `${path} is a folder; give a file of weights in it, or the file that ends in .safetensors.index.json for one in several parts`,
    )
  try {
    return { path, weights: await weightsOf(context, path) }
  } catch (error) {
    const { _tag, message, exitCode, cause } = toCliError(error)
    throw new CliError(_tag, message.includes(path) ? message : `${path}: ${message}`, { exitCode, cause })
  }
}
