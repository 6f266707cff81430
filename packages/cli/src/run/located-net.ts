import { join, resolve } from 'node:path'
import { nets } from '@resfn/archs'
import type * as Hub from '@resfn/hub'
import type { DescribedNet, LoadOptions, PublishedNet } from '@resfn/hub'
import { type Layer, type Shape, untyped } from '@resfn/layer'
import type { Preprocessing } from '@resfn/preprocessing'
import type { Context } from '../context/context.ts'
import { unwrap, usageError } from '../error.ts'
import { missingPath } from '../context/missing-path.ts'
import { alternatives } from '../text/nearest.ts'
import { type LoadedCheckpoint, openCheckpoint, variablesOf } from './checkpoint-file.ts'
import type { AnyVariables } from './evaluation.ts'
import { hubProgress } from './hub-progress.ts'
import { storedPreprocessing } from './stored-preprocessing.ts'
import { ownFolder, ownNames } from './own-nets.ts'

/** Where a net is from, as JSON has it: a checkpoint, or the folder or the repository of a published net. */
export type Origin = {
  readonly checkpoint: string | null
  readonly source: string | null
  readonly revision: string | null
}

/** A net that was found: a checkpoint of ours, or what timm and others publish. */
export type LocatedNet = {
  readonly name: string
  /** The path or the repository. */
  readonly where: string
  readonly origin: Origin
  readonly net: Layer<unknown, unknown>
  readonly input: Shape
  readonly classes: readonly string[]
  /** What is done to pictures, where the net says it. */
  readonly preprocessing?: Preprocessing
  /** The weights as tensors, which the caller owns. A backend must be running. */
  readonly variables: () => Promise<AnyVariables>
  /** The checkpoint, where the net is of one. */
  readonly loaded?: LoadedCheckpoint
}

/** How a net is looked for. */
export type LocateOptions = {
  /** The name of the net to build for a checkpoint, where it is not the one that the checkpoint names. */
  readonly net?: string | undefined
  /**
   * Whether the weights of a published net are fetched at once, or when they are asked for: some commands need none.
   */
  readonly weights?: 'fetched' | 'later'
}

/** Asks the hub for something, and tells people how far it is. */
const asking = async <A>(context: Context, ask: (hub: typeof Hub, options: LoadOptions) => Promise<A>): Promise<A> => {
  // Loaded here: most commands work with runs.
  const hub = await import('@resfn/hub')
  try {
    return await ask(hub, { ...hub.hubSettings(context.env), onProgress: hubProgress(context) })
  } finally {
    context.live?.clear()
  }
}

/** Fetches a published net into the cache, where it is not there, or opens the one in a folder. */
export const publishedNetOf = (context: Context, given: string): Promise<PublishedNet> =>
  asking(context, async ({ publishedNet }, options) => unwrap(await publishedNet(given, options)()))

/** A published net by its config alone. */
const describedNetOf = (context: Context, given: string): Promise<DescribedNet> =>
  asking(context, async ({ describedNet }, options) => unwrap(await describedNet(given, options)()))

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

const published = async (context: Context, given: string, weights: LocateOptions['weights']): Promise<LocatedNet> => {
  const fetched = weights === 'later' ? undefined : await publishedNetOf(context, given)
  const { config, net, where, revision = null } = fetched ?? (await describedNetOf(context, given))
  return {
    name: config.architecture,
    where,
    origin: { checkpoint: null, source: where, revision },
    net: untyped(net),
    input: config.input,
    classes: config.classes,
    preprocessing: config.preprocessing,
    variables: async () => {
      const { loadPublished } = await import('@resfn/hub')
      const { params, state } = unwrap(await loadPublished(fetched ?? (await publishedNetOf(context, given)))())
      return { params, state }
    },
  }
}

const ofCheckpoint = (loaded: LoadedCheckpoint): LocatedNet => {
  const { path, name, net, checkpoint } = loaded
  const { input, classes } = checkpoint.description.net
  const preprocessing = storedPreprocessing(checkpoint.description.training)
  return {
    name,
    where: path,
    origin: { checkpoint: path, source: null, revision: null },
    net,
    input,
    classes,
    ...(preprocessing !== undefined && { preprocessing }),
    variables: async () => variablesOf(loaded),
    loaded,
  }
}

/**
 * Finds the net of a run, a checkpoint, a folder with `config.json` and weights, one that comes with the command, or a
 * repository of the hub, which is fetched. No backend is needed.
 */
export const locateNet = async (
  context: Context,
  given: string,
  { net, weights }: LocateOptions = {},
): Promise<LocatedNet> => {
  const { cwd, files } = context
  const path = resolve(cwd, given)
  const kind = await files.kind(path)
  const has = async (file: string): Promise<boolean> => (await files.kind(join(path, file))) === 'file'
  if (kind === 'folder' && (await has('config.json')) && !(await has('checkpoint.safetensors')))
    return published(context, path, weights)
  if (kind === 'none') {
    const own = await ownFolder(given)
    if (own !== undefined) return published(context, own, weights)
    await checkHasWeights(given)
    if (await namesRepository(context, given)) return published(context, given, weights)
    throw await missingPath(context, path, ownNames)
  }
  return ofCheckpoint(await openCheckpoint(context, given, net))
}
