import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CliError } from '../error.ts'

/** The calls of `node:fs/promises` that are used: a test gives a disk that is full. */
export type FileSystem = Pick<
  typeof fs,
  'mkdir' | 'open' | 'readdir' | 'readFile' | 'realpath' | 'rename' | 'rm' | 'rmdir' | 'stat' | 'truncate'
>

/** What is written: all at once, or in parts. */
export type Content = Uint8Array | string | AsyncIterable<Uint8Array>

/** Files: every failure is a `CliError` that names the path and says how to fix it. */
export type Files = {
  readonly read: (path: string) => Promise<Uint8Array>
  /** Fills bytes with those of a file from `start` on. */
  readonly readPart: (path: string, bytes: Uint8Array, start: number) => Promise<void>
  /** The whole text of a file; a `CliError` where it has more than any of ours. */
  readonly readText: (path: string) => Promise<string>
  /**
   * Writes a whole file: to a temporary name beside it, to the disk, then in its place. Whatever fails, the old file
   * stays. Parts are made one by one.
   */
  readonly write: (path: string, content: Content) => Promise<void>
  /** Writes a file that must not exist yet; false if it does. */
  readonly create: (path: string, text: string) => Promise<boolean>
  readonly append: (path: string, content: Uint8Array | string) => Promise<void>
  /** Waits until all that was written to a file is on the disk. */
  readonly sync: (path: string) => Promise<void>
  /** Cuts a file to its first bytes. */
  readonly cut: (path: string, bytes: number) => Promise<void>
  /** `other` is a pipe, a device or a socket. */
  readonly kind: (path: string) => Promise<'file' | 'folder' | 'other' | 'none'>
  readonly size: (path: string) => Promise<number>
  /** Makes a folder, and those above it; false if it exists. */
  readonly makeFolder: (path: string) => Promise<boolean>
  /** The names of what is in a folder. */
  readonly list: (path: string) => Promise<readonly string[]>
  /** The path without links. */
  readonly real: (path: string) => Promise<string>
  /** Removes a file, if there is one. */
  readonly remove: (path: string) => Promise<void>
  /** Removes a folder that holds nothing. */
  readonly removeFolder: (path: string) => Promise<void>
}

const fixes: { readonly [code: string]: string } = {
  ENOENT: 'there is no such file; check the path',
  ENOTDIR: 'a part of the path is not a folder; check the path',
  EISDIR: 'it is a folder; give a file',
  EACCES: 'access is not permitted; check its permissions',
  EPERM: 'access is not permitted; check its permissions',
  EROFS: 'the file system is read-only; choose another folder',
  ENOSPC: 'the disk is full; free some space',
  EDQUOT: 'your disk quota is used up; free some space',
  EFBIG: 'the file would be larger than is allowed here; raise the limit (ulimit -f)',
  ELOOP: 'a link leads back to itself; remove it',
  EMFILE: 'too many files are open; close some programs',
}

const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined

/** Why the system refused something, and what to do. */
export const systemReason = (error: unknown): string => {
  const code = codeOf(error)
  return (code !== undefined ? fixes[code] : undefined) ?? (error instanceof Error ? error.message : String(error))
}

const fileError = (verb: string, path: string, error: unknown): CliError => {
  const code = codeOf(error)
  const reason =
    code === 'ENOENT' && verb !== 'read' ? 'nothing can be made there; choose another folder' : systemReason(error)
  return new CliError(code ?? 'FileError', `cannot ${verb} ${path}: ${reason}`, { cause: error })
}

const attempt = async <A>(verb: string, path: string, work: () => Promise<A>): Promise<A> => {
  try {
    return await work()
  } catch (error) {
    throw error instanceof CliError ? error : fileError(verb, path, error)
  }
}

/** Makes the folders above a path. It is loaded here, because most commands write nothing. */
const makeParents = async (disk: FileSystem, path: string): Promise<void> => {
  const { makeFolder } = await import('@resfn/cache')
  const made = await makeFolder(dirname(path), disk)()
  if (made._tag === 'Left') throw new CliError(made.left.code, made.left.message)
}

/** True if work made something new, false if there was one already. */
const isNew = async (work: () => Promise<void>): Promise<boolean> => {
  try {
    await work()
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

const withFile = async (
  disk: FileSystem,
  path: string,
  flags: string,
  work: (file: fs.FileHandle) => Promise<void>,
): Promise<void> => {
  const file = await disk.open(path, flags)
  try {
    await work(file)
  } finally {
    await file.close()
  }
}

const writeAtomically = async (disk: FileSystem, path: string, content: Content): Promise<void> => {
  await makeParents(disk, path)
  const temporary = join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`)
  try {
    await withFile(disk, temporary, 'w', async (file) => {
      if (typeof content === 'string' || content instanceof Uint8Array) await file.writeFile(content)
      else for await (const part of content) await file.writeFile(part)
      // Else a power cut could leave the new name with no content.
      await file.sync()
    })
    await disk.rename(temporary, path)
  } catch (error) {
    await disk.rm(temporary, { force: true })
    throw error
  }
}

/** Half a file of a name that tells something by being there is worse than none. */
const writeOrRemove = async (disk: FileSystem, path: string, writing: Promise<void>): Promise<void> => {
  try {
    await writing
  } catch (error) {
    await disk.rm(path, { force: true })
    throw error
  }
}

/** A log of a million steps has this size. */
const longestText = 2 ** 28

/** What a process that was killed while it wrote a whole file leaves. */
export const isTemporary = (name: string): boolean => /^\.[\da-f]{12}\.tmp$/.test(name)

/**
 * The files of a file system.
 *
 * @param disk the calls of `node:fs/promises`; by default those of this machine
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtemp, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { filesOf } from '@resfn/cli'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'example-'))
 * const files = filesOf()
 * await files.write(join(folder, 'a', 'file.txt'), 'whole')
 * assert.equal(await files.readText(join(folder, 'a', 'file.txt')), 'whole')
 * await rm(folder, { recursive: true })
 * ```
 */
export const filesOf = (disk: FileSystem = fs): Files => {
  const read: Files['read'] = (path) =>
    attempt('read', path, async () => {
      // A view, since a copy of a large file would take its memory twice.
      const { buffer, byteOffset, byteLength } = await disk.readFile(path)
      return new Uint8Array(buffer, byteOffset, byteLength)
    })
  const size: Files['size'] = (path) => attempt('read', path, async () => (await disk.stat(path)).size)
  return {
    read,
    readPart: (path, bytes, start) =>
      attempt('read', path, async () => {
        await withFile(disk, path, 'r', async (file) => {
          // A read may give less than was asked for.
          for (let at = 0; at < bytes.length;) {
            const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at)
            if (bytesRead === 0)
              throw new CliError(
                'CutShort',
                `cannot read ${path}: it ends at byte ${start + at}; was it changed just now?`,
              )
            at += bytesRead
          }
        })
      }),
    readText: async (path) => {
      const bytes = await size(path)
      if (bytes > longestText)
        throw new CliError(
          'TooManyBytes',
          `cannot read ${path}: it has ${bytes} bytes, and a text of at most ${longestText} is read; is it the right file?`,
        )
      return new TextDecoder().decode(await read(path))
    },
    write: (path, content) => attempt('write', path, () => writeAtomically(disk, path, content)),
    append: (path, content) =>
      attempt('write', path, async () => {
        await makeParents(disk, path)
        await withFile(disk, path, 'a', (file) => file.writeFile(content))
      }),
    create: (path, text) =>
      attempt('write', path, () =>
        isNew(() => withFile(disk, path, 'wx', (file) => writeOrRemove(disk, path, file.writeFile(text)))),
      ),
    sync: (path) => attempt('write', path, () => withFile(disk, path, 'r+', (file) => file.sync())),
    cut: (path, bytes) => attempt('write', path, () => disk.truncate(path, bytes)),
    kind: async (path) => {
      try {
        const found = await disk.stat(path)
        return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other'
      } catch {
        return 'none'
      }
    },
    makeFolder: (path) =>
      attempt('make', path, async () => {
        await makeParents(disk, path)
        return isNew(() => disk.mkdir(path))
      }),
    list: (path) => attempt('read', path, () => disk.readdir(path)),
    real: (path) => attempt('read', path, () => disk.realpath(path)),
    remove: (path) => attempt('remove', path, () => disk.rm(path, { force: true })),
    removeFolder: (path) => attempt('remove', path, () => disk.rmdir(path)),
    size,
  }
}
