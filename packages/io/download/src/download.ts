import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { either as E, type taskEither as TE } from 'fp-ts'
import { connect } from './connect.ts'
import { codeOf, type DownloadError, reasonOf } from './error.ts'
import { claimPart, leavePart, sizeOf } from './part.ts'

/** One file to be fetched: where from, where to, and how to know it. */
export type Download = {
  readonly url: string
  /** The final name: a file is there only when it is whole and right. */
  readonly path: string
  /** Its size in bytes. */
  readonly bytes: number
  /** Its SHA-256 in hexadecimal. */
  readonly sha256: string
  /** Called with the bytes that are there so far. */
  readonly onProgress?: (received: number) => void
  /** Milliseconds without a byte after which a connection counts as broken. */
  readonly stall: number
  /** Connections in a row that may bring nothing new. */
  readonly attempts: number
  /** Milliseconds before the second attempt; doubled for each one after it. */
  readonly pause: number
}

/** Says whether a file is there with this size and SHA-256. */
export const hasContent = async (
  path: string,
  { bytes, sha256 }: { readonly bytes: number; readonly sha256: string },
): Promise<boolean> => {
  if ((await sizeOf(path)) !== bytes) return false
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array)
  } catch {
    return false
  }
  return hash.digest('hex') === sha256
}

const fail = (tag: DownloadError['_tag'], where: string, message: string): E.Either<DownloadError, void> =>
  E.left({ _tag: tag, where, message })

const fetchInto = async (wanted: Download, part: string): Promise<E.Either<DownloadError, void>> => {
  const { url, path, bytes, attempts, pause } = wanted
  let most = await sizeOf(part)
  let idle = 0
  let wrong = 0
  for (;;) {
    const outcome = await connect(wanted, part)
    if (outcome.kind === 'refused')
      return fail(
        'Refused',
        url,
        `${url}: the server answered ${outcome.status}; give another base URL, or a folder with the files`,
      )
    if (outcome.kind === 'broken') {
      const now = await sizeOf(part)
      idle = now > most ? 0 : idle + 1
      most = Math.max(most, now)
      if (idle >= attempts)
        return fail(
          'Unreachable',
          url,
          `${url}: ${outcome.reason}, ${attempts} times in a row; try again later (what has come is kept), give another base URL, or a folder with the files`,
        )
      await wait(pause * 2 ** Math.max(0, idle - 1))
      continue
    }
    if (outcome.kind === 'ended' && (await hasContent(part, wanted))) {
      await rename(part, path)
      return E.right(undefined)
    }
    await rm(part, { force: true })
    most = 0
    // Once it may be an old part; twice it is the server.
    if (++wrong === 2)
      return fail(
        'WrongContent',
        url,
        `${url}: what came is not the file of ${bytes} bytes with SHA-256 ${wanted.sha256}; give another base URL, or a folder with the files`,
      )
  }
}

/**
 * Fetches a file: resumes a broken one by `Range`, checks size and SHA-256, and only then renames it to its name.
 * A connection that breaks or stands still is tried again; what has come is kept for the next call, also when the process is killed.
 */
export const download =
  (wanted: Download): TE.TaskEither<DownloadError, void> =>
  async () => {
    try {
      await mkdir(dirname(wanted.path), { recursive: true })
      const part = await claimPart(wanted.path)
      const result = await fetchInto(wanted, part)
      if (E.isLeft(result)) await leavePart(wanted.path, part)
      return result
    } catch (error) {
      const code = codeOf(error)
      if (code === undefined) throw error
      return fail(
        'Unwritable',
        wanted.path,
        `${wanted.path} cannot be written (${reasonOf(error)}); give another cache folder`,
      )
    }
  }
