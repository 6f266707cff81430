import { isAbsolute, join, parse, resolve, sep } from 'node:path'
import { type Context, say } from '../context/context.ts'
import { CliError } from '../error.ts'
import { expandPattern, isPattern } from './glob.ts'
import { missingPath } from '../context/missing-path.ts'

/** Stands for standard input among the paths. */
export const standardInput = '-'

// Those that cannot be decoded here are named when they are read, rather than passed over.
const pictureName = /\.(jpe?g|jfif|png|webp|gif|tiff?|avif|svg|hei[cf]|bmp)$/i

/** Whether a path is named like a picture. */
export const isNamedAsPicture = (path: string): boolean => pictureName.test(path)

/**
 * The pictures in a folder and those below it, by name. A link that leads to a folder once more, or to one that holds
 * them all, is left out.
 */
const picturesBelow = async (context: Context, top: string): Promise<readonly string[]> => {
  const { files } = context
  const start = await files.real(top)
  const seen = new Set<string>()
  const search = async (folder: string): Promise<readonly string[]> => {
    const real = await files.real(folder)
    if (seen.has(real) || start.startsWith(join(real, sep))) {
      say(context, `note: ${folder} leads to ${real}, which is read already or lies above, and is left out`)
      return []
    }
    seen.add(real)
    const found: string[] = []
    for (const name of (await files.list(folder)).toSorted()) {
      if (name.startsWith('.')) continue
      const path = join(folder, name)
      const kind = await files.kind(path)
      if (kind === 'folder') found.push(...(await search(path)))
      // A link that leads nowhere is reported when it is read; a pipe would never end.
      else if (kind !== 'other' && isNamedAsPicture(name)) found.push(path)
    }
    return found
  }
  return search(top)
}

const pathsOf = async (context: Context, given: string): Promise<readonly string[]> => {
  const { cwd, files } = context
  if (given === standardInput) return [given]
  const path = resolve(cwd, given)
  const kind = await files.kind(path)
  if (kind === 'folder') {
    const found = await picturesBelow(context, path)
    if (found.length > 0) return found
    throw new CliError(
      'NoPictures',
      `${path}: there is no picture in it or below it (PNG, JPEG, WebP, GIF, TIFF, AVIF or SVG, by the ending of the name)`,
    )
  }
  if (kind !== 'none') return [path]
  if (!isPattern(given)) throw await missingPath(context, path)
  const root = isAbsolute(given) ? parse(given).root : cwd
  const found = await expandPattern(files, root, given.slice(isAbsolute(given) ? root.length : 0))
  if (found.length === 0) throw new CliError('NoPictures', `no file fits ${given}; check the pattern`)
  const each = await Promise.all(
    found.map(async (one) => {
      const what = await files.kind(one)
      return what === 'folder' ? picturesBelow(context, one) : what === 'other' ? [] : [one]
    }),
  )
  // `photos/**` names a folder and those in it.
  return [...new Set(each.flat())]
}

/**
 * The pictures that arguments name: files, folders with all below them, patterns such as `photos/*.jpg`, and `-` for
 * standard input. A path that does not exist is an error that names the nearest one.
 */
export const picturePaths = async (context: Context, given: readonly string[]): Promise<readonly string[]> => {
  const found: string[] = []
  for (const one of given) found.push(...(await pathsOf(context, one)))
  return found
}
