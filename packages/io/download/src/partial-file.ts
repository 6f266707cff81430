import { randomBytes } from 'node:crypto'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf } from './error.ts'

/** Says whether a process of this machine runs under an id (a signal of 0 asks without sending anything). */
const isRunning = (id: number): boolean => {
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** `name.part` was left by a download that gave up, `name.<process>-<random>.part` is being written, or was by a process that was killed. */
const isAbandoned = (name: string, file: string): boolean => {
  if (file === `${name}.part`) return true
  const owner = file.startsWith(`${name}.`)
    ? /^(\d+)-[0-9a-f]+\.part$/.exec(file.slice(name.length + 1))?.[1]
    : undefined
  return owner !== undefined && !isRunning(Number(owner))
}

/**
 * A path beside `path` that this download alone writes to. What an earlier one left there is taken over by renaming, so of two
 * processes that want it one gets it and the other starts anew.
 */
export const claimPart = async (path: string): Promise<string> => {
  const own = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`
  for (const file of await readdir(dirname(path))) {
    if (!isAbandoned(basename(path), file)) continue
    try {
      await rename(join(dirname(path), file), own)
      return own
    } catch {
      // Another process was faster.
    }
  }
  return own
}

/** The bytes of a file; none where there is no file. */
export const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}

/** Leaves what was fetched so far for the next download. */
export const leavePart = async (path: string, own: string): Promise<void> => {
  try {
    await rename(own, `${path}.part`)
  } catch {
    await rm(own, { force: true })
  }
}
