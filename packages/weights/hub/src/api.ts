import { setTimeout as wait } from 'node:timers/promises'
import { type Checksum, isTemporary } from '@resfn/download'
import { either as E, type taskEither as TE } from 'fp-ts'
import { failure, type HubError } from './error.ts'
import { suggestWeights } from './names.ts'
import { isCommit, type Repository } from './repository.ts'
import type { HubSettings } from './settings.ts'

/** How long the hub is waited for. */
export type Patience = {
  /** milliseconds without an answer that end a request; by default 10,000 for questions and 30,000 for files */
  readonly stall?: number
  /** requests in a row that may bring nothing; by default 4 */
  readonly attempts?: number
  /** milliseconds before the second one, doubled for each after it; by default 500 */
  readonly pause?: number
}

/** A file of a repository, as the hub describes it. */
export type RemoteFile = {
  readonly name: string
  readonly bytes: number
  readonly checksum: Checksum
}

type Asking = Pick<HubSettings, 'endpoint' | 'token'> & Patience

/** Carries an error through the client library. */
class Refusal extends Error {
  readonly failure: HubError
  constructor(reason: HubError) {
    super(reason.message)
    this.failure = reason
  }
}

/** The headers that say who asks. */
export const authorization = ({ token }: Pick<HubSettings, 'token'>): Readonly<Record<string, string>> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

const askForAccess = ({ token }: Pick<HubSettings, 'token'>, page: string): string =>
  token === undefined
    ? `ask for access on ${page} and set HF_TOKEN, or log in with Python's hf auth login`
    : `ask for access on ${page}, and check that the token (HF_TOKEN, or that of hf auth login) is a token of yours that may read it`

/** What a refusal means. A hub says 401 of a repository that does not exist, so that private ones stay hidden. */
export const refusal = (
  { id, revision }: Repository,
  { status, code }: { readonly status: number; readonly code: string | null },
  options: Pick<HubSettings, 'endpoint' | 'token'>,
): HubError => {
  const { endpoint } = options
  if (code === 'RevisionNotFound')
    return failure('NotFound', id, `it has no revision "${revision}"; give a branch, a tag or a commit of it`)
  if (status === 404 || code === 'RepoNotFound')
    return failure(
      'NotFound',
      id,
      `${endpoint} has no such repository (${status}), or it is private; ${suggestWeights(id)}`,
    )
  if (status === 401 || status === 403)
    return failure(
      'Unauthorised',
      id,
      `${endpoint} does not give it to everybody (${status}); ${askForAccess(options, `${endpoint}/${id}`)}`,
    )
  return failure('Unreachable', id, `${endpoint} answered ${status}; try again later, or name a mirror in HF_ENDPOINT`)
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

/** `fetch` that waits, tries again, says who asks, and throws a `Refusal` for an answer that is none. */
const patientFetch =
  (repository: Repository, options: Asking): typeof fetch =>
  async (input, init) => {
    const { endpoint, stall = 10_000, attempts = 4, pause = 500 } = options
    const once = async (): Promise<Response | string> => {
      try {
        const headers = { ...(init?.headers as Record<string, string> | undefined), ...authorization(options) }
        const response = await fetch(input, { ...init, headers, signal: AbortSignal.timeout(stall) })
        if (response.ok) return response
        await response.body?.cancel()
        const { status, headers: answer } = response
        if (isTemporary(status)) return `it answered ${status}`
        throw new Refusal(refusal(repository, { status, code: answer.get('x-error-code') }, options))
      } catch (error) {
        if (error instanceof Refusal) throw error
        return reasonOf(error)
      }
    }
    for (let attempt = 1; ; attempt++) {
      const answer = await once()
      if (typeof answer !== 'string') return answer
      if (attempt === attempts)
        throw new Refusal(
          failure(
            'Unreachable',
            endpoint,
            `${answer}, ${attempts} times in a row; try again later, name a mirror in HF_ENDPOINT, or give a folder`,
          ),
        )
      await wait(pause * 2 ** (attempt - 1))
    }
  }

const strange = ({ endpoint }: Asking, what: string): HubError =>
  failure('Unreachable', endpoint, `its answer is not that of a hub (${what}); check HF_ENDPOINT`)

const asked =
  <A>(options: Asking, question: () => Promise<E.Either<HubError, A>>): TE.TaskEither<HubError, A> =>
  async () => {
    try {
      return await question()
    } catch (error) {
      return E.left(error instanceof Refusal ? error.failure : strange(options, reasonOf(error)))
    }
  }

/** The commit of a revision. */
export const commitOf = (repository: Repository, options: Asking): TE.TaskEither<HubError, string> =>
  asked(options, async () => {
    const { modelInfo } = await import('@huggingface/hub')
    const { sha } = await modelInfo({
      name: repository.id,
      revision: repository.revision,
      additionalFields: ['sha'],
      hubUrl: options.endpoint,
      fetch: patientFetch(repository, options),
    })
    // It becomes the name of a folder.
    return isCommit(sha) ? E.right(sha) : E.left(strange(options, `the commit ${JSON.stringify(sha)}`))
  })

/** The checksum of a file, which becomes the name of one. Large files are known by SHA-256, small ones by git. */
const checksumOf = (oid = '', large = ''): Checksum | undefined => {
  if (/^[0-9a-f]{64}$/.test(large)) return { sha256: large }
  return large === '' && isCommit(oid) ? { gitBlob: oid } : undefined
}

/** Those of some files that the repository has. */
export const remoteFiles = (
  repository: Repository,
  names: readonly string[],
  options: Asking,
): TE.TaskEither<HubError, readonly RemoteFile[]> =>
  asked(options, async () => {
    const { pathsInfo } = await import('@huggingface/hub')
    const found = await pathsInfo({
      repo: repository.id,
      paths: [...names],
      revision: repository.revision,
      hubUrl: options.endpoint,
      fetch: patientFetch(repository, options),
    })
    const files: RemoteFile[] = []
    for (const { path, type, oid, size, lfs } of found) {
      if (type !== 'file' || !names.includes(path)) continue
      const checksum = checksumOf(oid, lfs?.oid)
      if (checksum === undefined) return E.left(strange(options, `the checksum of ${path}`))
      files.push({ name: path, bytes: lfs?.size ?? size, checksum })
    }
    return E.right(files)
  })
