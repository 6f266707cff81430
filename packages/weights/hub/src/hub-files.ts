import { dirname } from 'node:path'
import { makeFolder } from '@resfn/cache'
import { download, type DownloadError } from '@resfn/download'
import { either as E, type taskEither as TE } from 'fp-ts'
import { authorization, commitOf, type Patience, refusal, remoteFiles, type RemoteFile } from './api.ts'
import { type CacheFolder, cacheFolderOf, isFile, linkBlob, readRef, roomFor, writeRef } from './cache-folder.ts'
import { failure, type HubError, systemFailure } from './error.ts'
import type { FoundFile, NetFiles } from './net-files.ts'
import { isCommit, type Repository } from './repository.ts'
import type { HubSettings } from './settings.ts'

/** How far the download of a file is, in bytes. */
export type HubProgress = { readonly file: string; readonly received: number; readonly total: number }

/** How files are fetched from a hub. */
export type FetchOptions = HubSettings &
  Patience & {
    readonly onProgress?: (progress: HubProgress) => void
  }

/** A download's error as one of ours. */
export const ofDownload = (
  error: DownloadError,
  repository: Repository,
  options: Pick<HubSettings, 'endpoint' | 'token'>,
): HubError => {
  const { _tag, where, message, status, code } = error
  if (_tag === 'Refused') return refusal(repository, { status: status ?? 0, code: null }, options)
  if (_tag === 'Unwritable' && code !== undefined) return systemFailure('Unwritable', where, { code })
  return { _tag, where, message }
}

const fetchFile = async (
  { name, bytes, checksum }: RemoteFile,
  blob: string,
  { repository, options }: { readonly repository: Repository; readonly options: FetchOptions },
): Promise<E.Either<HubError, void>> => {
  const { endpoint, stall, attempts, pause, onProgress } = options
  const folder = await makeFolder(dirname(blob))()
  if (E.isLeft(folder)) return E.left(systemFailure('Unwritable', folder.left.where, { code: folder.left.code }))
  const room = await roomFor(blob)
  if (room !== undefined && room < bytes)
    return E.left(
      failure(
        'NoRoom',
        dirname(blob),
        `${name} needs ${bytes} bytes and ${room} are free; free some space, or name another cache in HF_HUB_CACHE`,
      ),
    )
  const fetched = await download({
    ...checksum,
    url: `${endpoint}/${repository.id}/resolve/${repository.revision}/${name}`,
    path: blob,
    bytes,
    headers: authorization(options),
    ...(onProgress && { onProgress: (received) => onProgress({ file: name, received, total: bytes }) }),
    ...(stall !== undefined && { stall }),
    ...(attempts !== undefined && { attempts }),
    ...(pause !== undefined && { pause }),
  })()
  return E.isLeft(fetched) ? E.left(ofDownload(fetched.left, repository, options)) : fetched
}

type AtCommit = {
  /** the repository at the commit */
  readonly repository: Repository
  readonly folder: CacheFolder
  readonly options: FetchOptions
  /** why the network is not asked, if it is not */
  readonly apart: HubError | undefined
}

const cachedOf = async (names: readonly string[], { repository, folder }: AtCommit): Promise<FoundFile | undefined> => {
  for (const name of names) {
    const path = folder.pointer(repository.revision, name)
    if (await isFile(path)) return { name, path }
  }
  return undefined
}

/** The first of some files that the repository has, from the cache or the hub. */
const findFile =
  (names: readonly string[], at: AtCommit): TE.TaskEither<HubError, FoundFile | undefined> =>
  async () => {
    const { repository, folder, options, apart } = at
    const cached = await cachedOf(names, at)
    if (cached !== undefined || apart !== undefined) return E.right(cached)
    const remote = await remoteFiles(repository, names, options)()
    if (E.isLeft(remote)) return remote
    const file = names.flatMap((name) => remote.right.find((one) => one.name === name) ?? [])[0]
    if (file === undefined) return E.right(undefined)
    const pointer = folder.pointer(repository.revision, file.name)
    const blob = folder.blob('sha256' in file.checksum ? file.checksum.sha256 : file.checksum.gitBlob)
    try {
      const fetched = await fetchFile(file, blob, { repository, options })
      if (E.isLeft(fetched)) return fetched
      await linkBlob(pointer, blob)
      return E.right({ name: file.name, path: pointer })
    } catch (error) {
      return E.left(systemFailure('Unwritable', blob, error))
    }
  }

const offline = ({ id, revision }: Repository, cache: string): HubError =>
  failure(
    'Offline',
    id,
    `revision ${revision} is not in ${cache}, and HF_HUB_OFFLINE is set; fetch it once with a connection, or give a folder`,
  )

/** The files of a net on a hub, by way of the cache. A commit that is in the cache is taken without asking the hub. */
export const hubFiles =
  (asked: Repository, options: FetchOptions): TE.TaskEither<HubError, NetFiles> =>
  async () => {
    const { endpoint, cache } = options
    const folder = cacheFolderOf(cache, asked)
    const isPinned = isCommit(asked.revision)
    const known = isPinned ? asked.revision : await readRef(folder)
    const apart = options.offline ? offline(asked, cache) : undefined
    const answer = isPinned || apart !== undefined ? E.right(known ?? '') : await commitOf(asked, options)()
    // Without an answer the last one is as good, as for Python's client.
    if (E.isLeft(answer) && (answer.left._tag !== 'Unreachable' || known === undefined)) return answer
    const commit = E.isLeft(answer) ? (known ?? '') : answer.right
    const reason = E.isLeft(answer) ? answer.left : apart
    if (!isCommit(commit)) return E.left(offline(asked, cache))
    const repository = { id: asked.id, revision: commit }
    return E.right({
      where: asked.id,
      revision: commit,
      find: (names) => findFile(names, { repository, folder, options, apart: reason }),
      lacks: (what) =>
        reason ??
        failure('NotFound', asked.id, `it has no ${what} (${endpoint}/${asked.id}); give a repository that timm wrote`),
      keep: async () => {
        try {
          if (!isPinned && reason === undefined) await writeRef(folder, commit)
          return E.right(undefined)
        } catch (error) {
          return E.left(systemFailure('Unwritable', folder.ref, error))
        }
      },
    })
  }
