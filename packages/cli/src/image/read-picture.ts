import { decodeImage, type DecodeOptions } from '@resfn/decode-image'
import type { Pixels } from '@resfn/preprocessing'
import type { Context } from '../context/context.ts'
import { CliError } from '../error.ts'
import { count } from '../text/format.ts'
import { standardInput } from './picture-paths.ts'

/** A picture has at most 50,000,000 pixels; with 16 bits, alpha and nothing saved by compression it has this size. */
const largestFile = 512 * 2 ** 20

/** The name of a picture in messages. */
export const pictureName = (path: string): string => (path === standardInput ? 'standard input' : path)

/** Reads a picture from a file or standard input; throws a `CliError` that names it. */
export const readPicture = async (context: Context, path: string, options: DecodeOptions = {}): Promise<Pixels> => {
  const { files } = context
  const size = path === standardInput ? 0 : await files.size(path)
  if (size > largestFile)
    throw new CliError(
      'TooManyBytes',
      `${path} has ${count(size)} bytes, at most ${count(largestFile)} are read as a picture; shrink it first`,
    )
  const bytes = path === standardInput ? await context.stdin() : await files.read(path)
  const decoded = await decodeImage(bytes, options)()
  if (decoded._tag === 'Left') throw new CliError(decoded.left._tag, `${pictureName(path)} ${decoded.left.message}`)
  return decoded.right
}
