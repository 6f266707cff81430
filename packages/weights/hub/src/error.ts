import type { ImportError } from '@resfn/import'

/** Why a net cannot be loaded. */
export type HubError = {
  /**
   * - `InvalidName`: it is neither the name of a repository nor a folder.
   * - `NotFound`: there is no such repository, revision, folder or file.
   * - `Unauthorised`: the repository is private or gated, and the token is missing or not enough.
   * - `Offline`: it is not in the cache, and the network may not be used.
   * - `Unreachable`: the hub did not answer, or stopped in the middle, on every attempt.
   * - `WrongContent`: what came is not the file, by its size or its checksum.
   * - `NoRoom`: the disk has no room for it.
   * - `Unwritable`, `Unreadable`: the system refuses a file or a folder.
   * - `WrongConfig`: `config.json` is not one that timm writes, or says what resfn does not know.
   * - `UnknownNet`: the architecture is none of the nets here.
   * - `Truncated`: the weights end too early.
   * - `WrongWeights`: the weights cannot be read, or are of another net; `cause` says more.
   */
  readonly _tag:
    | 'InvalidName'
    | 'NotFound'
    | 'Unauthorised'
    | 'Offline'
    | 'Unreachable'
    | 'WrongContent'
    | 'NoRoom'
    | 'Unwritable'
    | 'Unreadable'
    | 'WrongConfig'
    | 'UnknownNet'
    | 'Truncated'
    | 'WrongWeights'
  /** The repository, path or URL. */
  readonly where: string
  readonly message: string
  /** Of `WrongWeights`: what the import says, with all keys that do not fit. */
  readonly cause?: ImportError
}

/** An error as a value. */
export const failure = (tag: HubError['_tag'], where: string, message: string): HubError => ({
  _tag: tag,
  where,
  message: `${where}: ${message}`,
})

const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined

/** What the system said of a path. */
export const systemFailure = (tag: 'Unwritable' | 'Unreadable', path: string, error: unknown): HubError => {
  const code = codeOf(error)
  if (code === undefined) throw error
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return failure('NoRoom', path, `the disk is full (${code}); free some space, or name another cache in HF_HUB_CACHE`)
  const remedy = tag === 'Unwritable' ? 'name another cache in HF_HUB_CACHE' : 'check its permissions'
  return failure(tag, path, `the system refuses it (${code}); ${remedy}`)
}
