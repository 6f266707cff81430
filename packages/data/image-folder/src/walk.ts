import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { either as E } from 'fp-ts'
import { listingError, type ListingError } from './image-files.ts'

/** What a folder holds; hidden files and folders, and what systems leave there, are not listed. */
export type Listing = {
  readonly folders: readonly string[]
  readonly images: readonly string[]
  readonly others: number
}

const isImage = (name: string): boolean => /\.(jpe?g|jfif|png|webp|gif|tiff?)$/i.test(name)

const isSystem = (name: string): boolean => name.startsWith('.') || /^(__MACOSX|Thumbs\.db|desktop\.ini)$/i.test(name)

/** By code units, so that the order is the same on every machine. */
const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)

/** The names in one folder; links count as what they lead to, and those that lead nowhere as others. */
export const listFolder = async (folder: string): Promise<E.Either<ListingError, Listing>> => {
  try {
    const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !isSystem(name))
    const kinds = await Promise.all(
      entries.map(async (entry) => {
        const target = entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => undefined) : entry
        return { name: entry.name, isFolder: target?.isDirectory() === true, isFile: target?.isFile() === true }
      }),
    )
    const images = kinds.filter(({ name, isFile }) => isFile && isImage(name))
    const folders = kinds.filter(({ isFolder }) => isFolder)
    return E.right({
      folders: folders.map(({ name }) => name).toSorted(byName),
      images: images.map(({ name }) => name).toSorted(byName),
      others: kinds.length - images.length - folders.length,
    })
  } catch (error) {
    const code = codeOf(error)
    return E.left(
      code === 'ENOENT'
        ? listingError('MissingFolder', folder, 'there is no such folder; check the path')
        : code === 'ENOTDIR'
          ? listingError('MissingFolder', folder, 'it is not a folder; give a folder with a folder for each class')
          : listingError('Unreadable', folder, `it cannot be listed (${code}); check its permissions`),
    )
  }
}

/** The images at any depth below a folder, how many other files there are, and the folders that come once more. */
export type Found = { readonly paths: readonly string[]; readonly others: number; readonly again: readonly string[] }

/**
 * Walks through a folder. A link to a folder is followed unless that one is read already, so that loops end and a few
 * links do not make millions of paths; which were not followed is told.
 */
export const walk = async (folder: string, seen: Set<string> = new Set()): Promise<E.Either<ListingError, Found>> => {
  const listing = await listFolder(folder)
  if (E.isLeft(listing)) return listing
  const own = await realpath(folder)
  if (seen.has(own)) return E.right({ paths: [], others: 0, again: [folder] })
  seen.add(own)
  const { images, folders } = listing.right
  const paths = images.map((name) => join(folder, name))
  const again: string[] = []
  let { others } = listing.right
  for (const name of folders) {
    const found = await walk(join(folder, name), seen)
    if (E.isLeft(found)) return found
    for (const path of found.right.paths) paths.push(path)
    for (const path of found.right.again) again.push(path)
    others += found.right.others
  }
  return E.right({ paths, others, again })
}
