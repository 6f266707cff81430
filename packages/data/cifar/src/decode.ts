import type { ImageSet } from '@resfn/batches'
import { either as E } from 'fp-ts'
import { cifar100Classes, cifar10Classes } from './classes.ts'
import { type CifarError, failure } from './error.ts'

/** Which of the two data sets. */
export type CifarName = 'cifar10' | 'cifar100'

const side = 32
const plane = side * side
const pixels = 3 * plane

/** Bytes before the pixels of a record: the label, and for CIFAR-100 that of the superclass before it. */
const head: { readonly [name in CifarName]: number } = { cifar10: 1, cifar100: 2 }

/** The names of the classes, in the order of the labels. */
export const cifarClasses: { readonly [name in CifarName]: readonly string[] } = {
  cifar10: cifar10Classes,
  cifar100: cifar100Classes,
}

/**
 * Decodes the binary files of CIFAR-10 or CIFAR-100: records of one label (or two, of which the fine one counts) and
 * 3,072 bytes, red, green and blue one after the other.
 *
 * @param name which data set
 * @param files name and bytes of each file, in order
 * @returns images `[32, 32, 3]`, channels last, or a `CifarError` that names the file
 * @see A. Krizhevsky, "Learning multiple layers of features from tiny images" (2009);
 * https://www.cs.toronto.edu/~kriz/cifar.html
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decodeCifar } from '@resfn/cifar'
 *
 * const record = new Uint8Array(3073).fill(255, 1, 1025) // label 0, all red
 * const set = decodeCifar('cifar10', [{ name: 'data_batch_1.bin', bytes: record }])
 * assert.ok(set._tag === 'Right')
 * assert.deepEqual([...set.right.images.subarray(0, 6)], [255, 0, 0, 255, 0, 0])
 * ```
 */
export const decodeCifar = (
  name: CifarName,
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): E.Either<CifarError, ImageSet> => {
  const classes = cifarClasses[name]
  const record = head[name] + pixels
  for (const { name: file, bytes } of files)
    if (bytes.length === 0 || bytes.length % record !== 0)
      return E.left(
        failure(
          'WrongSize',
          file,
          `it has ${bytes.length} bytes, which are not whole records of ${record}; is it cut short? Extract it from the archive again`,
        ),
      )
  const count = files.reduce((total, { bytes }) => total + bytes.length / record, 0)
  const images = new Uint8Array(count * pixels)
  const labels = new Uint8Array(count)
  let image = 0
  for (const { name: file, bytes } of files)
    for (let at = 0; at < bytes.length; at += record, image++) {
      const label = bytes[at + head[name] - 1]!
      if (label >= classes.length)
        return E.left(
          failure(
            'WrongLabel',
            file,
            `image ${at / record} has the label ${label}, and the classes are 0 to ${classes.length - 1}; is it a file of ${name === 'cifar10' ? 'CIFAR-10' : 'CIFAR-100'}?`,
          ),
        )
      labels[image] = label
      const from = at + head[name]
      for (let i = 0; i < plane; i++)
        for (let c = 0; c < 3; c++) images[image * pixels + 3 * i + c] = bytes[from + c * plane + i]!
    }
  return E.right({ images, labels, shape: [side, side, 3], classes })
}
