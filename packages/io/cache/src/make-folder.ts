import * as fs from 'node:fs/promises'
import { dirname } from 'node:path'
import { either as E, type taskEither as TE } from 'fp-ts'

/** A folder could not be made; `code` is that of the system, such as `EROFS`. */
export type MakeFolderError = {
  readonly _tag: 'CannotMakeFolder'
  readonly code: string
  /** The path that stands in the way: the folder, or one above it. */
  readonly where: string
  readonly message: string
}

/** The calls of `node:fs/promises` that `makeFolder` uses. */
export type MakeFolderSystem = {
  readonly mkdir: (path: string) => Promise<unknown>
  readonly stat: (path: string) => Promise<{ readonly isDirectory: () => boolean }>
}

const remedies: { readonly [code: string]: string } = {
  EACCES: 'access is not permitted; check the permissions of the folder above it, or choose another place',
  EPERM: 'access is not permitted; check the permissions of the folder above it, or choose another place',
  EROFS: 'the file system is read-only; choose another place',
  ENOENT: 'the system allows no folder there; choose another place',
  ENOTDIR: 'there is a file of this name; choose another place',
  ENOSPC: 'the disk is full; free some space',
  EDQUOT: 'your disk quota is used up; free some space',
}

const failure = (path: string, code: string, reason: string): MakeFolderError => ({
  _tag: 'CannotMakeFolder',
  code,
  where: path,
  message: `cannot make the folder ${path}: ${remedies[code] ?? reason}`,
})

const make = async (path: string, system: MakeFolderSystem): Promise<MakeFolderError | undefined> => {
  const found = await system.stat(path).catch(() => undefined)
  if (found !== undefined) return found.isDirectory() ? undefined : failure(path, 'ENOTDIR', '')
  const parent = dirname(path)
  const fault = parent === path ? undefined : await make(parent, system)
  if (fault !== undefined) return fault
  try {
    await system.mkdir(path)
    return undefined
  } catch (error) {
    const { code = 'UNKNOWN', message = String(error) } = error as { readonly code?: string; readonly message?: string }
    // Another process may have made it in the meantime.
    return code === 'EEXIST' ? undefined : failure(path, code, message)
  }
}

/**
 * Makes a folder and those above it, where they do not exist. Node's recursive `mkdir` says "no such file" of a
 * read-only file system, and never returns below `/proc`.
 *
 * @param path the folder
 * @param system the file system; by default `node:fs/promises`
 * @returns a task of nothing, or of the folder that cannot be made and why
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtemp, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { makeFolder } from '@resfn/cache'
 *
 * const parent = await mkdtemp(join(tmpdir(), 'example-'))
 * const made = await makeFolder(join(parent, 'a', 'b'))()
 * assert.equal(made._tag, 'Right')
 * await rm(parent, { recursive: true })
 * ```
 */
export const makeFolder =
  (path: string, system: MakeFolderSystem = fs): TE.TaskEither<MakeFolderError, void> =>
  async () => {
    const fault = await make(path, system)
    return fault === undefined ? E.right(undefined) : E.left(fault)
  }
