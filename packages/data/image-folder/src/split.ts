import { fold, type Key, uniform } from '@resfn/random'
import type { ImageFiles } from './image-files.ts'

/** How the test part is drawn. */
export type SplitOptions = {
  readonly key: Key
  /** The share of each class that is for testing, from 0 to 1; by default 0.2. */
  readonly testShare?: number
  /** What names a file whatever folder the data lies in; by default its path. */
  readonly nameOf?: (path: string) => string
}

const select = ({ paths, labels, classes }: ImageFiles, indices: readonly number[]): ImageFiles => ({
  paths: indices.map((index) => paths[index]!),
  labels: Int32Array.from(indices, (index) => labels[index]!),
  classes,
})

/**
 * Draws the test part, the same share of each class: every file draws a number from the key and its name, and the
 * smallest of a class are for testing. So a file that is added or removed moves at most one other. A class of two files
 * or more has one at least in each part.
 *
 * @param files labelled files
 * @param options see `SplitOptions`
 * @returns both parts, in the order of the files
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { splitFiles } from '@resfn/image-folder'
 * import { key } from '@resfn/random'
 *
 * const files = { paths: ['a', 'b', 'c', 'd', 'e', 'f'], labels: Int32Array.of(0, 0, 0, 0, 1, 1), classes: ['x', 'y'] }
 * const { train, test } = splitFiles(files, { key: key(0), testShare: 0.25 })
 * assert.deepEqual([[...train.labels], [...test.labels]], [[0, 0, 0, 1], [0, 1]])
 * ```
 */
export const splitFiles = (
  files: ImageFiles,
  { key, testShare = 0.2, nameOf = (path) => path }: SplitOptions,
): { readonly train: ImageFiles; readonly test: ImageFiles } => {
  const drawn = files.paths.map((path) => uniform(fold(key, nameOf(path)), 1)[0]!)
  const ofClass: number[][] = files.classes.map(() => [])
  files.labels.forEach((label, index) => ofClass[label]!.push(index))
  const isTest = new Set(
    ofClass.flatMap((own) => {
      const wanted = Math.round(own.length * testShare)
      const count = own.length < 2 || testShare === 0 ? 0 : Math.min(own.length - 1, Math.max(1, wanted))
      return own.toSorted((a, b) => drawn[a]! - drawn[b]! || a - b).slice(0, count)
    }),
  )
  const indices = files.paths.map((_, index) => index)
  return {
    train: select(
      files,
      indices.filter((index) => !isTest.has(index)),
    ),
    test: select(
      files,
      indices.filter((index) => isTest.has(index)),
    ),
  }
}
