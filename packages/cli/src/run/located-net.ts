import { join, resolve } from 'node:path'
import { nets } from '@resfn/archs'
import type { PublishedNet } from '@resfn/hub'
import type { Context } from '../context/context.ts'
import { unwrap, usageError } from '../error.ts'
import { alternatives } from '../text/nearest.ts'
import { type LoadedCheckpoint, openCheckpoint } from './checkpoint-file.ts'
import { hubProgress } from './hub-progress.ts'

/** A net that was found and whose weights are at hand: a checkpoint of ours, or what timm and others publish. */
export type LocatedNet =
  | { readonly kind: 'checkpoint'; readonly loaded: LoadedCheckpoint }
  | { readonly kind: 'published'; readonly published: PublishedNet }

/** Fetches a published net into the cache, where it is not there, or opens the one in a folder. */
export const publishedNetOf = async (context: Context, given: string): Promise<PublishedNet> => {
  // Loaded here: most commands work with runs.
  const { hubSettings, publishedNet } = await import('@resfn/hub')
  try {
    return unwrap(await publishedNet(given, { ...hubSettings(context.env), onProgress: hubProgress(context) })())
  } finally {
    context.live?.clear()
  }
}

const isNamedAsFile = (name: string): boolean => /\.(safetensors|pth|pt|bin|npz|json)$/i.test(name)

/**
 * Whether something that is no path here names a repository: `owner/name`, where there is no folder `owner`, or
 * `<net>.<tag>`, each with a revision or without.
 */
export const namesRepository = async ({ cwd, files }: Context, given: string): Promise<boolean> => {
  const [name = ''] = given.split('@')
  const parts = name.split('/')
  if (isNamedAsFile(name) || parts.length > 2 || !parts.every((part) => /^[\w-][\w.-]*$/.test(part))) return false
  return parts.length === 1 ? name.includes('.') : (await files.kind(join(cwd, parts[0]!))) === 'none'
}

/** The name of a net alone is not enough: there may be several weights for it. */
const checkHasWeights = async (given: string): Promise<void> => {
  if (!Object.hasOwn(nets, given)) return
  const { pretrainedNames } = await import('@resfn/hub')
  const known = pretrainedNames.filter((name) => name.startsWith(`${given}.`))
  const published = known.length === 0 ? '' : `, or ${alternatives(known)} from the hub`
  throw usageError(
    `${given} is the name of a net, and its weights are needed: give the folder of a run or a checkpoint file${published}; resfn train --net ${given} makes one`,
  )
}

/**
 * Finds the net of a run, a checkpoint, a folder with `config.json` and weights, or a repository of the hub, which is
 * fetched. No backend is needed.
 *
 * @param net the name of the net to build for a checkpoint, where it is not the one that the checkpoint names
 */
export const locateNet = async (context: Context, given: string, net?: string): Promise<LocatedNet> => {
  const { cwd, files } = context
  const path = resolve(cwd, given)
  const kind = await files.kind(path)
  const has = async (file: string): Promise<boolean> => (await files.kind(join(path, file))) === 'file'
  if (kind === 'folder' && (await has('config.json')) && !(await has('checkpoint.safetensors')))
    return { kind: 'published', published: await publishedNetOf(context, path) }
  if (kind === 'none') {
    await checkHasWeights(given)
    if (await namesRepository(context, given))
      return { kind: 'published', published: await publishedNetOf(context, given) }
  }
  return { kind: 'checkpoint', loaded: await openCheckpoint(context, given, net) }
}
