import { join } from 'node:path'
import type { Files } from '../context/files.ts'

/** Whether a path is a pattern of paths. */
export const isPattern = (path: string): boolean => /[*?[{]/.test(path)

const escaped = (text: string): string => text.replaceAll(/[.+^$()|\\{}[\]]/g, String.raw`\$&`)

/** A pattern of one name: `*`, `?`, `[a-z]`, `[!a]` and `{jpg,png}`. */
const nameFits = (pattern: string): RegExp => {
  const parts = pattern.split(/(\*|\?|\[[^\]]+\]|\{[^}]*\})/).map((part) => {
    if (part === '*') return '.*'
    if (part === '?') return '.'
    if (/^\[.+\]$/.test(part))
      return `[${part
        .slice(1, -1)
        .replace(/^!/, '^')
        .replaceAll(/[\\[]/g, String.raw`\$&`)}]`
    if (/^\{.*\}$/.test(part)) return `(?:${part.slice(1, -1).split(',').map(escaped).join('|')})`
    return escaped(part)
  })
  return new RegExp(`^${parts.join('')}$`, 's')
}

/** The folders right below a folder, without hidden ones and without links, which may lead anywhere. */
const foldersIn = async (files: Files, folder: string): Promise<readonly string[]> => {
  const real = await files.real(folder)
  const found: string[] = []
  for (const name of (await files.list(folder)).toSorted()) {
    const path = join(folder, name)
    const isPlain =
      !name.startsWith('.') && (await files.kind(path)) === 'folder' && (await files.real(path)) === join(real, name)
    if (isPlain) found.push(path)
  }
  return found
}

/**
 * The paths that fit a pattern, in order; `**` is any number of folders. Names with a dot in front fit only a pattern
 * that has one too.
 *
 * @param folder where the pattern begins
 */
export const expandPattern = async (files: Files, folder: string, pattern: string): Promise<readonly string[]> => {
  const [first = '', ...rest] = pattern.split(/[/\\]/)
  const after = rest.join('/')
  if (first !== '**' && !isPattern(first)) {
    const path = join(folder, first)
    if (rest.length > 0) return expandPattern(files, path, after)
    return (await files.kind(path)) === 'none' ? [] : [path]
  }
  if ((await files.kind(folder)) !== 'folder') return []
  const found: string[] = []
  if (first === '**') {
    found.push(...(await expandPattern(files, folder, after)))
    for (const path of await foldersIn(files, folder)) found.push(...(await expandPattern(files, path, pattern)))
    return found
  }
  const fits = nameFits(first)
  for (const name of (await files.list(folder)).toSorted()) {
    if (!fits.test(name) || (name.startsWith('.') && !first.startsWith('.'))) continue
    const path = join(folder, name)
    found.push(...(rest.length === 0 ? [path] : await expandPattern(files, path, after)))
  }
  return found
}
