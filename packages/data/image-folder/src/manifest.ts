import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { nearest } from '@resfn/options'
import { either as E, type taskEither as TE } from 'fp-ts'
import { parseCsv } from './csv.ts'
import { type ImageFiles, listingError, type ListingError, type SplitFiles } from './image-files.ts'
import type { ImageFolderOptions } from './image-folder.ts'
import { splitFiles } from './split.ts'

type Row = {
  readonly line: number
  readonly path: string
  readonly label: string
  readonly isTest: boolean | undefined
}

/** What people call the columns. */
const columns = {
  path: ['path', 'file', 'filename', 'file_name', 'image'],
  label: ['label', 'class', 'target', 'category'],
  split: ['split', 'part', 'subset', 'set'],
}

const testWords = new Set(['val', 'valid', 'validation', 'test', 'testing'])
const trainWords = new Set(['train', 'training'])

type Values = { readonly [name: string]: unknown }

/** A record of a manifest as a row, or what is wrong with it. */
const rowOf = (values: Values, line: number): E.Either<string, Row> => {
  const find = (names: readonly string[]): unknown => {
    const name = names.find((each) => values[each] !== undefined && values[each] !== '')
    return name === undefined ? undefined : values[name]
  }
  const [path, label, split] = [find(columns.path), find(columns.label), find(columns.split)]
  if (typeof path !== 'string') return E.left('it has no path')
  if (typeof label !== 'string' && typeof label !== 'number') return E.left('it has no label')
  if (split === undefined) return E.right({ line, path, label: String(label), isTest: undefined })
  const word = String(split).toLowerCase()
  if (!testWords.has(word) && !trainWords.has(word))
    return E.left(`its split is ${JSON.stringify(String(split).slice(0, 40))}; give train, val or test`)
  return E.right({ line, path, label: String(label), isTest: testWords.has(word) })
}

const invalid = (where: string, message: string): E.Either<ListingError, never> =>
  E.left(listingError('InvalidManifest', where, message))

/** Two million images. */
const longestManifest = 2 ** 28

const shape = 'a manifest has a line for each image with its path and its label, and may have a split (train, val)'

type Numbered = { readonly line: number; readonly values: Values }

const csvRecords = (file: string, text: string): E.Either<ListingError, readonly Numbered[]> => {
  const parsed = parseCsv(text)
  if (E.isLeft(parsed)) return invalid(`${file}, line ${parsed.left}`, 'a quoted field has no end; close the quotes')
  const [head, ...rows] = parsed.right
  if (head === undefined) return invalid(file, `it is empty; ${shape}`)
  const names = head.fields.map((name) => name.trim().toLowerCase())
  for (const wanted of [columns.path, columns.label]) {
    if (wanted.some((name) => names.includes(name))) continue
    const [near] = names.filter((name) => nearest(name, wanted).length > 0)
    return invalid(
      `${file}, line ${head.line}`,
      `the first line names no column ${wanted[0]}${near === undefined ? '' : ` (did you mean ${near} to be it?)`}, only ${names.join(', ').slice(0, 80)}; begin the file with the line path,label`,
    )
  }
  for (const { fields, line } of rows)
    if (fields.length !== names.length)
      return invalid(`${file}, line ${line}`, `it has ${fields.length} fields, the first line has ${names.length}`)
  return E.right(
    rows.map(({ fields, line }) => ({ line, values: Object.fromEntries(names.map((name, i) => [name, fields[i]])) })),
  )
}

const jsonRecords = (file: string, text: string): E.Either<ListingError, readonly Numbered[]> => {
  const records: Numbered[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    try {
      const values: unknown = JSON.parse(line)
      if (typeof values !== 'object' || values === null || Array.isArray(values)) throw new TypeError('not a record')
      records.push({ line: index + 1, values: values as Values })
    } catch {
      return invalid(
        `${file}, line ${index + 1}`,
        'it is not a JSON object; give one a line, such as {"path": "a.jpg", "label": "cat"}',
      )
    }
  }
  return E.right(records)
}

/** Numbers in their order, else names by code units. */
const classesOf = (rows: readonly Row[]): readonly string[] => {
  const names = [...new Set(rows.map(({ label }) => label))]
  return names.every((name) => /^\d+$/.test(name))
    ? names.toSorted((a, b) => Number(a) - Number(b))
    : names.toSorted((a, b) => (a < b ? -1 : 1))
}

const filesOf = (rows: readonly Row[], classes: readonly string[], folder: string): ImageFiles => {
  const labels = new Map(classes.map((name, label) => [name, label]))
  return {
    paths: rows.map(({ path }) => resolve(folder, path)),
    labels: Int32Array.from(rows, ({ label }) => labels.get(label)!),
    classes,
  }
}

const splitOf = (
  file: string,
  rows: readonly Row[],
  { key, testShare }: ImageFolderOptions,
): E.Either<ListingError, SplitFiles> => {
  const folder = dirname(file)
  const train = rows.filter(({ isTest }) => isTest !== true)
  const test = rows.filter(({ isTest }) => isTest === true)
  const classes = classesOf(train)
  if (classes.length < 2)
    return E.left(
      listingError(
        'NoClasses',
        file,
        `it has ${classes.length === 0 ? 'no images' : 'images of one class only'} for training; ${shape}`,
      ),
    )
  const unknown = test.find(({ label }) => !classes.includes(label))
  if (unknown !== undefined)
    return E.left(
      listingError(
        'OtherClasses',
        `${file}, line ${unknown.line}`,
        `the class ${unknown.label} has no image for training`,
      ),
    )
  if (test.length > 0)
    return E.right({
      train: filesOf(train, classes, folder),
      test: filesOf(test, classes, folder),
      split: 'given',
      notes: [],
    })
  const names = new Map(rows.map(({ path }) => [resolve(folder, path), path]))
  const parts = splitFiles(filesOf(train, classes, folder), {
    key,
    nameOf: (path) => names.get(path)!,
    ...(testShare !== undefined && { testShare }),
  })
  return E.right({ ...parts, split: 'drawn', notes: [] })
}

/**
 * Reads a manifest: a CSV file whose first line names its columns, or a JSONL file of objects, with `path` and `label`
 * and, if wanted, `split` (`train`, `val` or `test`). Paths are relative to the folder of the manifest. Labels are
 * names or numbers. Without a split the test part is drawn. No image is read, so that a path that leads nowhere shows
 * later. A path may lead anywhere, also out of the folder: only pictures are read, and whoever trusts a manifest trusts
 * its paths. A manifest of more than 256 MiB is refused.
 *
 * @param file a path that ends in `.csv`, `.jsonl` or `.ndjson`
 * @param options the key and the share that draw the test part
 * @returns a task of both parts, or of what is wrong, with the line
 * @see RFC 4180 for CSV
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readManifest } from '@resfn/image-folder'
 * import { key } from '@resfn/random'
 *
 * const found = await readManifest('no/such/photos.csv', { key: key(0) })()
 * assert.ok(found._tag === 'Left' && found.left._tag === 'MissingFile')
 * ```
 */
export const readManifest =
  (file: string, options: ImageFolderOptions): TE.TaskEither<ListingError, SplitFiles> =>
  async () => {
    const path = resolve(file)
    let text: string
    try {
      const { size } = await stat(path)
      if (size > longestManifest)
        return invalid(path, `it has ${size} bytes, and at most ${longestManifest} are read; give a part of its lines`)
      text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
    } catch (error) {
      if (error instanceof TypeError) return invalid(path, 'it is not UTF-8; save it as UTF-8')
      const { code } = error as NodeJS.ErrnoException
      return E.left(
        code === 'ENOENT'
          ? listingError('MissingFile', path, 'there is no such file; check the path')
          : listingError(
              'Unreadable',
              path,
              `it cannot be read (${code}); check that it is a file, and its permissions`,
            ),
      )
    }
    const records = path.endsWith('.csv') ? csvRecords(path, text) : jsonRecords(path, text)
    if (E.isLeft(records)) return records
    const rows: Row[] = []
    const seen = new Map<string, number>()
    for (const { line, values } of records.right) {
      const row = rowOf(values, line)
      if (E.isLeft(row)) return invalid(`${path}, line ${line}`, `${row.left}; ${shape}`)
      const before = seen.get(row.right.path)
      if (before !== undefined)
        return invalid(`${path}, line ${line}`, `${row.right.path} stands in line ${before} already; keep one of them`)
      seen.set(row.right.path, line)
      rows.push(row.right)
    }
    return splitOf(path, rows, options)
  }
