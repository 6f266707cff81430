import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { makeFolder } from '@resfn/cache'
import { either as E, type taskEither as TE } from 'fp-ts'
import { connect } from './connect.ts'
import { codeOf, reasonOf } from './error.ts'
import { claimPartial, leavePartial, removeAbandoned, sizeOf } from './partial-file.ts'
import type { Download, DownloadError } from './request.ts'

/** A hash that is to be fed the content, what it should come to, and both in words. */
const expected = (wanted: Download): { readonly hash: Hash; readonly digest: string; readonly words: string } => {
  if ('sha256' in wanted)
    return { hash: createHash('sha256'), digest: wanted.sha256, words: `SHA-256 ${wanted.sha256}` }
  const hash = createHash('sha1').update(`blob ${wanted.bytes}\0`)
  return { hash, digest: wanted.gitBlob, words: `git id ${wanted.gitBlob}` }
}

/** Whether a file is there with the size and the checksum. */
const hasContent = async (path: string, wanted: Download): Promise<boolean> => {
  if ((await sizeOf(path)) !== wanted.bytes) return false
  const { hash, digest } = expected(wanted)
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array)
  } catch {
    return false
  }
  return hash.digest('hex') === digest
}

const fail = (
  tag: DownloadError['_tag'],
  where: string,
  message: string,
  more: Pick<DownloadError, 'status' | 'code'> = {},
): E.Either<DownloadError, void> => E.left({ _tag: tag, where, message, ...more })

const fetchInto = async (wanted: Download, partial: string): Promise<E.Either<DownloadError, void>> => {
  const { url, path, bytes, attempts = 4, pause = 500 } = wanted
  let most = await sizeOf(partial)
  let idle = 0
  let wrong = 0
  for (;;) {
    const outcome = await connect(wanted, partial)
    if (outcome.kind === 'refused')
      return fail(
        'Refused',
        url,
        `${url}: the server answered ${outcome.answer}; give another URL, or get the file by other means`,
        { status: outcome.status },
      )
    if (outcome.kind === 'broken') {
      const now = await sizeOf(partial)
      idle = now > most ? 0 : idle + 1
      most = Math.max(most, now)
      if (idle >= attempts)
        return fail(
          'Unreachable',
          url,
          `${url}: ${outcome.reason}, ${attempts} times in a row; try again later (what has come is kept), give another URL, or get the file by other means`,
        )
      await wait(pause * 2 ** Math.max(0, idle - 1))
      continue
    }
    if (outcome.kind === 'ended' && (await hasContent(partial, wanted))) {
      await rename(partial, path)
      return E.right(undefined)
    }
    await rm(partial, { force: true })
    most = 0
    // The first time an old partial file may be to blame, the second time it is the server.
    if (++wrong === 2)
      return fail(
        'WrongContent',
        url,
        `${url}: what came is not the file of ${bytes} bytes with ${expected(wanted).words}; give another URL, or get the file by other means`,
      )
  }
}

/**
 * Fetches a file, unless it is there already. Goes on by `Range` where an earlier download stopped, checks size and
 * checksum, and only then renames the file to its name. A connection that breaks or stands still is tried again. What
 * has come is kept for the next call, also when the process is killed.
 *
 * @param wanted see `Download`; sizes are in bytes and times in milliseconds
 * @returns a task of nothing (the file is at `path`), or of what went wrong and what to do
 * @see RFC 9110, section 14 (range requests)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtemp, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { download } from '@resfn/download'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'example-'))
 * const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
 * const wanted = { url: 'http://127.0.0.1:1/file', path: join(folder, 'file'), bytes: 5, sha256 }
 * const result = await download({ ...wanted, attempts: 1 })()
 * assert.equal(result._tag === 'Left' && result.left._tag, 'Unreachable')
 * await rm(folder, { recursive: true })
 * ```
 */
export const download =
  (wanted: Download): TE.TaskEither<DownloadError, void> =>
  async () => {
    const { path } = wanted
    try {
      if (await hasContent(path, wanted)) {
        await removeAbandoned(path).catch(() => undefined)
        return E.right(undefined)
      }
      const folder = await makeFolder(dirname(path))()
      if (E.isLeft(folder))
        return fail('Unwritable', folder.left.where, folder.left.message, { code: folder.left.code })
      const partial = await claimPartial(path)
      const result = await fetchInto(wanted, partial)
      if (E.isLeft(result)) await leavePartial(path, partial)
      return result
    } catch (error) {
      const code = codeOf(error)
      if (code === undefined) throw error
      return fail('Unwritable', path, `${path} cannot be written (${reasonOf(error)}); choose another folder`, { code })
    }
  }
