import { randomBytes } from 'node:crypto'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf } from './error.ts'

/** Whether a process of this machine has an id (a signal of 0 asks and sends nothing). */
const isRunning = (id: number): boolean => {
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/**
 * `name.part` was left by a download that gave up, `name.<process>-<random>.part` is being written,
 * or was written by a process that was killed.
 */
const isAbandoned = (name: string, file: string): boolean => {
  if (file === `${name}.part`) return true
  const owner = file.startsWith(`${name}.`)
    ? /^(\d+)-[0-9a-f]+\.part$/.exec(file.slice(name.length + 1))?.[1]
    : undefined
  return owner !== undefined && !isRunning(Number(owner))
}

const abandonedBeside = async (path: string): Promise<readonly string[]> =>
  (await readdir(dirname(path)))
    .filter((file) => isAbandoned(basename(path), file))
    .map((file) => join(dirname(path), file))

/** The size of a file in bytes; 0 where there is no file. */
export const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}

/** Removes what downloads of this file left that gave up or were killed. */
export const removeAbandoned = async (path: string): Promise<void> => {
  for (const file of await abandonedBeside(path)) await rm(file, { force: true })
}

/**
 * A path beside `path` that this download alone writes to. It takes over the largest of what earlier ones left, by
 * renaming: of two processes that want it one gets it and the other starts anew. The smaller ones are removed.
 */
export const claimPartial = async (path: string): Promise<string> => {
  const own = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`
  const found = await Promise.all(
    (await abandonedBeside(path)).map(async (file) => ({ file, size: await sizeOf(file) })),
  )
  for (const { file } of found.sort((a, b) => b.size - a.size)) {
    try {
      await rename(file, own)
      break
    } catch {
      // Another process was faster.
    }
  }
  await removeAbandoned(path)
  return own
}

/** Leaves what was fetched so far for the next download. */
export const leavePartial = async (path: string, own: string): Promise<void> => {
  try {
    await rename(own, `${path}.part`)
  } catch {
    await rm(own, { force: true })
  }
}
