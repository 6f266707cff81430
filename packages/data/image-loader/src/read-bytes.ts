import { close, fstatSync, open, read } from 'node:fs'
import { promisify } from 'node:util'
import { either as E } from 'fp-ts'
import type { ReadBytes } from './view.ts'

/** A file of a picture that is larger is not read; the largest photos have a tenth of it. */
const mostBytes = 512 * 2 ** 20

const reasons: { readonly [code: string]: string } = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'access is not permitted; check its permissions',
  EPERM: 'access is not permitted; check its permissions',
}

// File handles of node:fs/promises take a millisecond of the processor for a small file.
const opened = promisify(open)
const readSome = promisify(read)

/** The bytes of an open file that has so many, or fewer if it became shorter. */
const readAll = async (file: number, size: number): Promise<Uint8Array> => {
  const bytes = new Uint8Array(size)
  let at = 0
  while (at < size) {
    const { bytesRead } = await readSome(file, bytes, at, size - at, at)
    if (bytesRead === 0) break
    at += bytesRead
  }
  return bytes.subarray(0, at)
}

/** Reads a whole file that is a plain one. */
export const readBytes: ReadBytes = (path) => async () => {
  try {
    const file = await opened(path, 'r')
    try {
      const found = fstatSync(file)
      if (!found.isFile()) return E.left({ _tag: 'Unreadable', message: 'it is not a file' })
      if (found.size > mostBytes)
        return E.left({ _tag: 'TooLarge', message: `it has ${found.size} bytes, which no picture needs` })
      return E.right(await readAll(file, found.size))
    } finally {
      close(file)
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    return E.left({ _tag: 'Unreadable', message: reasons[code] ?? message })
  }
}
