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
