import { copyFile, mkdir, readdir, readFile, rename, rm, stat, statfs, symlink, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { basename, dirname, join, relative } from 'node:path'
import type { Repository } from './repository.ts'

/** What the cache has of a repository, in the layout of `huggingface_hub`. */
export type CacheFolder = {
  /** contents by their checksum */
  readonly blob: (checksum: string) => string
  /** a file of a commit, which is a link to its content */
  readonly pointer: (commit: string, file: string) => string
  /** which commit a revision was, when somebody last asked */
  readonly ref: string
}

/** The part of the cache that a repository has. */
export const cacheFolderOf = (cache: string, { id, revision }: Repository): CacheFolder => {
  const folder = join(cache, `models--${id.replaceAll('/', '--')}`)
  return {
    blob: (checksum) => join(folder, 'blobs', checksum),
    pointer: (commit, file) => join(folder, 'snapshots', commit, file),
    ref: join(folder, 'refs', ...revision.split('/')),
  }
}

/** Whether there is a file, or a link to one. */
export const isFile = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

/** The commit that a revision was when somebody last asked. */
export const readRef = async ({ ref }: CacheFolder): Promise<string | undefined> => {
  try {
    return (await readFile(ref, 'utf8')).trim()
  } catch {
    return undefined
  }
}

/** Makes something under a name of its own, then gives it its name: others see nothing or all of it. */
const inPlace = async (path: string, make: (temporary: string) => Promise<void>): Promise<void> => {
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await make(temporary)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Notes which commit a revision is. */
export const writeRef = async (folder: CacheFolder, commit: string): Promise<void> => {
  if ((await readRef(folder)) !== commit) await inPlace(folder.ref, (temporary) => writeFile(temporary, commit))
}

/** Makes a file of a commit: a relative link, so that the cache can be moved, or a copy where there are no links. */
export const linkBlob = (pointer: string, blob: string): Promise<void> =>
  inPlace(pointer, async (temporary) => {
    try {
      await symlink(relative(dirname(pointer), blob), temporary)
    } catch {
      await copyFile(blob, temporary)
    }
  })

/**
 * Bytes that are free where a file will be, with what earlier downloads of it left; nothing where that is not known.
 */
export const roomFor = async (path: string): Promise<number | undefined> => {
  const { bavail, bsize } = await statfs(dirname(path))
  // Some file systems do not count; a full disk is told when it is written to.
  if (bavail === 0) return undefined
  const parts = (await readdir(dirname(path))).filter((name) => name.startsWith(`${basename(path)}.`))
  const sizes = await Promise.all(
    parts.map(async (name) =>
      stat(join(dirname(path), name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return bavail * bsize + Math.max(0, ...sizes)
}
