import { open } from 'node:fs/promises'
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

/** Reads a whole file that is a plain one. */
export const readBytes: ReadBytes = (path) => async () => {
  try {
    const file = await open(path)
    try {
      const found = await file.stat()
      if (!found.isFile()) return E.left({ _tag: 'Unreadable', message: 'it is not a file' })
      if (found.size > mostBytes)
        return E.left({ _tag: 'TooLarge', message: `it has ${found.size} bytes, which no picture needs` })
      return E.right(new Uint8Array(await file.readFile()))
    } finally {
      await file.close()
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    return E.left({ _tag: 'Unreadable', message: reasons[code] ?? message })
  }
}
