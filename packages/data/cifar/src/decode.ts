import type { ImageSet } from '@resfn/batches'
import { either as E } from 'fp-ts'
import { binaryPart } from './binary.ts'
import { cifar100Classes, cifar10Classes } from './classes.ts'
import { type CifarError, failure } from './error.ts'
import { type CifarFile, type CifarName, type CifarPart, pixels, plane, side } from './part.ts'
import { pickledPart } from './pickled.ts'

/** The names of the classes, in the order of the labels. */
export const cifarClasses: { readonly [name in CifarName]: readonly string[] } = {
  cifar10: cifar10Classes,
  cifar100: cifar100Classes,
}

/**
 * Decodes files of CIFAR-10 or CIFAR-100, binary or of Python. Binary: records of one label (or two, of which the fine
 * one counts) and 3,072 bytes, red, green and blue one after the other. Python: a pickle of a record with `data` (an
 * array `[n, 3072]`) and `labels` or `fine_labels`; nothing in it is run.
 *
 * @param name which data set
 * @param files name and bytes of each file, in order
 * @param classes the names of the classes, where a file of the archive gives others
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
  files: readonly CifarFile[],
  classes: readonly string[] = cifarClasses[name],
): E.Either<CifarError, ImageSet> => {
  const parts: CifarPart[] = []
  for (const file of files) {
    // A binary file begins with a label, and labels are below 100.
    const part = file.bytes[0] === 0x80 ? pickledPart(name, file) : binaryPart(name, file)
    if (E.isLeft(part)) return part
    parts.push(part.right)
  }
  const count = parts.reduce((total, { labels: part }) => total + part.length, 0)
  const images = new Uint8Array(count * pixels)
  const labels = new Uint8Array(count)
  let image = 0
  for (const part of parts)
    for (let n = 0; n < part.labels.length; n++, image++) {
      const label = part.labels[n]!
      if (!(label >= 0 && label < classes.length))
        return E.left(
          failure(
            'WrongLabel',
            part.file,
            `image ${n} has the label ${label}, and the classes are 0 to ${classes.length - 1}; is it a file of ${name === 'cifar10' ? 'CIFAR-10' : 'CIFAR-100'}?`,
          ),
        )
      labels[image] = label
      const from = part.start + n * part.stride
      for (let i = 0; i < plane; i++)
        for (let c = 0; c < 3; c++) images[image * pixels + 3 * i + c] = part.bytes[from + c * plane + i]!
    }
  return E.right({ images, labels, shape: [side, side, 3], classes })
}
