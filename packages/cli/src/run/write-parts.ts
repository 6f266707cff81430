import type { Context } from '../context/context.ts'
import { interruptedBy, usageError } from '../error.ts'

/** Throws a `CliError` if a file would be written in place of the one that it is made from. */
export const checkOtherFile = (from: string, out: string): void => {
  if (from === out) throw usageError(`${out} is the file that is read; give another one to write (--out)`)
}

/** Writes a file part by part. Ctrl-C ends it between two parts, and then nothing is left of it. */
export const writeParts = async (
  { files, interrupts }: Context,
  path: string,
  parts: AsyncIterable<Uint8Array>,
): Promise<void> => {
  const { signal, release } = interrupts()
  const untilStopped = async function* (): AsyncGenerator<Uint8Array> {
    for await (const part of parts) {
      if (signal.aborted) throw interruptedBy(signal, `stopped; ${path} was not written`)
      yield part
    }
  }
  try {
    await files.write(path, untilStopped())
  } finally {
    release()
  }
}

/** Writes files of a folder, and makes it where it is not there. Some of them without the others are of no use. */
export const fillFolder = async <A>(
  { files }: Context,
  folder: string,
  { paths, write }: { readonly paths: readonly string[]; readonly write: () => Promise<A> },
): Promise<A> => {
  const isNew = await files.makeFolder(folder)
  try {
    return await write()
  } catch (error) {
    for (const path of paths) await files.remove(path)
    if (isNew) await files.removeFolder(folder)
    throw error
  }
}
