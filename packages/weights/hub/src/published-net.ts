import { stat } from 'node:fs/promises'
import { createNet, type CreatedNet } from '@resfn/archs'
import {
  type PublishedWeights,
  type ReadError,
  safetensorsWeights,
  shardedWeights,
  type SourceFile,
  torchWeights,
} from '@resfn/import'
import { either as E, function as F, taskEither as TE } from 'fp-ts'
import { failure, type HubError } from './error.ts'
import { folderFiles } from './folder-files.ts'
import { type FetchOptions, hubFiles } from './hub-files.ts'
import { type NetConfig, parseNetConfig } from './net-config.ts'
import type { FoundFile, NetFiles } from './net-files.ts'
import { parseRepository } from './repository.ts'
import { hubSettings } from './settings.ts'
import { sourceFile, textFile } from './source-file.ts'
import { isOfTransformers, parseTransformersConfig } from './transformers-config.ts'

/** A published net without its weights. */
export type DescribedNet = {
  readonly config: NetConfig
  /** the net of the config, with the shape of the images in `input` */
  readonly net: CreatedNet
  /** the folder or the repository */
  readonly where: string
  /** the commit, where it is from a hub */
  readonly revision?: string
}

/** A published net before its weights are read. */
export type PublishedNet = DescribedNet & {
  /** its tensors by their published keys; they are read when they are asked for */
  readonly weights: PublishedWeights
  /** the name of the file of weights, or of its index */
  readonly file: string
}

/** How a net is found and fetched; the settings are by default those of the environment. */
export type LoadOptions = Partial<FetchOptions> & {
  /** a branch, a tag or a commit of the repository; by default what stands behind the `@` of its name, or `main` */
  readonly revision?: string
}

// In the order of timm and transformers.
const weightFiles = ['model.safetensors', 'model.safetensors.index.json', 'pytorch_model.bin']

const cutShort = new Set(['TooShort', 'HeaderOutOfBounds', 'OutOfBounds'])
const ours = new Set([
  'NotFound',
  'Offline',
  'Unreachable',
  'WrongContent',
  'NoRoom',
  'Unwritable',
  'Unreadable',
  'Truncated',
])

/** What is wrong with weights, as one of our errors. */
export const weightsError =
  (where: string) =>
  (error: ReadError): HubError => {
    if (ours.has(error._tag)) return error as HubError
    const {
      _tag,
      where: of,
      message,
    } = failure(cutShort.has(error._tag) ? 'Truncated' : 'WrongWeights', where, error.message)
    return { _tag, where: of, message, cause: error }
  }

/** A file that must be there. */
const found = (files: NetFiles, names: readonly string[], what: string): TE.TaskEither<HubError, FoundFile> =>
  F.pipe(
    files.find(names),
    TE.flatMap((file) => (file === undefined ? TE.left(files.lacks(what)) : TE.right(file))),
  )

const openWeights = (files: NetFiles, { name, path }: FoundFile): TE.TaskEither<HubError, PublishedWeights> => {
  const shard = (part: string): TE.TaskEither<ReadError, SourceFile> =>
    F.pipe(
      found(files, [part], part),
      TE.flatMap((file): TE.TaskEither<ReadError, SourceFile> => sourceFile(file.path)),
    )
  const opened = (): TE.TaskEither<ReadError, PublishedWeights> => {
    if (name.endsWith('.json'))
      return F.pipe(
        textFile(path),
        TE.flatMap((index) => shardedWeights(index, shard)),
      )
    return F.pipe(sourceFile(path), TE.flatMap(name.endsWith('.bin') ? torchWeights : safetensorsWeights))
  }
  return F.pipe(opened(), TE.mapLeft(weightsError(path)))
}

const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

/** The files of a folder, if there is one of that name, else those of a repository. */
const filesOf =
  (given: string, { revision, ...options }: LoadOptions): TE.TaskEither<HubError, NetFiles> =>
  async () => {
    if (await isFolder(given)) return E.right(folderFiles(given))
    if (/^([./~\\]|[a-z]:[/\\])/i.test(given))
      return E.left(failure('NotFound', given, 'there is no such folder; check the path'))
    const repository = parseRepository(given, revision === undefined ? {} : { revision })
    return E.isLeft(repository) ? repository : hubFiles(repository.right, { ...hubSettings(process.env), ...options })()
  }

const madeFor = ({ architecture, classes, input }: NetConfig, where: string): E.Either<HubError, CreatedNet> =>
  E.tryCatch(
    () => {
      const net = { ...createNet(architecture, { classes: classes.length, channels: input[2] }), input }
      net.plan(input)
      return net
    },
    (error): HubError =>
      failure(
        'WrongConfig',
        where,
        `the net cannot be made (${error instanceof Error ? error.message : String(error)})`,
      ),
  )

/** What `config.json` says, and of a net of transformers the file beside it. */
const configIn = (files: NetFiles, path: string): TE.TaskEither<HubError, NetConfig> =>
  F.pipe(
    textFile(path),
    TE.flatMap((config) =>
      isOfTransformers(config)
        ? F.pipe(
            found(files, ['preprocessor_config.json'], 'preprocessor_config.json'),
            TE.flatMap((file) => textFile(file.path)),
            TE.flatMapEither((processor) => parseTransformersConfig({ config, processor }, path)),
          )
        : TE.fromEither(parseNetConfig(config, { where: path })),
    ),
  )

type Described = { readonly files: NetFiles; readonly described: DescribedNet }

const describe = (idOrFolder: string, options: LoadOptions): TE.TaskEither<HubError, Described> =>
  F.pipe(
    TE.Do,
    TE.bind('files', () => filesOf(idOrFolder, options)),
    TE.bind('file', ({ files }) => found(files, ['config.json'], 'config.json')),
    TE.bind('config', ({ files, file: { path } }) => configIn(files, path)),
    TE.bind('net', ({ config, file }) => TE.fromEither(madeFor(config, file.path))),
    TE.map(({ files, config, net }) => {
      const { where, revision } = files
      return { files, described: { config, net, where, ...(revision === undefined ? {} : { revision }) } }
    }),
  )

/**
 * Says which net somebody published, without its weights: fetches its `config.json` into the cache where it is not
 * there. No backend is needed.
 *
 * @param idOrFolder `owner/name` on the hub, a name of timm's, each with `@revision` or without, or a folder
 * @param options settings of the hub, by default those of the environment; patience; `onProgress` for each file
 * @returns the net without its weights, or why there is none
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { describedNet } from '@resfn/hub'
 *
 * const net = await describedNet('resnet50.tv_in1k', { offline: true, cache: 'no/cache' })()
 * assert.equal(net._tag === 'Left' && net.left._tag, 'Offline')
 * ```
 */
export const describedNet = (idOrFolder: string, options: LoadOptions = {}): TE.TaskEither<HubError, DescribedNet> =>
  F.pipe(
    describe(idOrFolder, options),
    TE.tap(({ files }) => files.keep),
    TE.map(({ described }) => described),
  )

/**
 * Finds a published net: fetches its `config.json` and its weights into the cache where they are not there, and reads
 * the config and which tensors there are. No backend is needed.
 *
 * @param idOrFolder `owner/name` on the hub, a name of timm's, each with `@revision` or without, or a folder
 * @param options settings of the hub, by default those of the environment; patience; `onProgress` for each file
 * @returns the net before its weights are read, or why there is none
 * @see huggingface_hub, "Understand caching"
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { publishedNet } from '@resfn/hub'
 *
 * const net = await publishedNet('resnet50.tv_in1k', { offline: true, cache: 'no/cache' })()
 * assert.equal(net._tag === 'Left' && net.left._tag, 'Offline')
 * ```
 */
export const publishedNet = (idOrFolder: string, options: LoadOptions = {}): TE.TaskEither<HubError, PublishedNet> =>
  F.pipe(
    describe(idOrFolder, options),
    TE.bind('file', ({ files }) => found(files, weightFiles, weightFiles.join(', '))),
    TE.bind('weights', ({ files, file }) => openWeights(files, file)),
    TE.tap(({ files }) => files.keep),
    TE.map(({ described, weights, file }) => ({ ...described, weights, file: file.name })),
  )
