import { type ImageSet, imageSet, type ImageSetError, type Labels } from '@resfn/batches'
import { decodeFile, type Idx, type IdxError } from '@resfn/idx'
import { apply as A, either as E, function as F, taskEither as TE } from 'fp-ts'

/** The names of the ten classes; a label is an index into them. */
export const fashionMnistClasses: readonly string[] = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
]

/** Mean and standard deviation of the 60,000 training images on the scale 0 to 1, for `normalise`. */
export const fashionMnistMoments: { readonly mean: readonly [number]; readonly std: readonly [number] } = {
  mean: [0.286],
  std: [0.353],
}

/** The official names of the four files, without `.gz`. */
export const fashionMnistFiles: {
  readonly trainImages: 'train-images-idx3-ubyte'
  readonly trainLabels: 'train-labels-idx1-ubyte'
  readonly testImages: 't10k-images-idx3-ubyte'
  readonly testLabels: 't10k-labels-idx1-ubyte'
} = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
}

/** Which of the four files. */
export type FashionMnistFile = keyof typeof fashionMnistFiles

/** The two splits of the data set. */
export type FashionMnist = { readonly train: ImageSet; readonly test: ImageSet }

/** What can be wrong with the contents of the files. */
export type FashionMnistDecodeError = {
  /**
   * - `InvalidFile`: a file is not an IDX file, or has another shape; `cause` says more if it is not IDX.
   * - `InvalidSet`: images and labels do not go together; `cause` says how.
   */
  readonly _tag: 'InvalidFile' | 'InvalidSet'
  /** The file, or the file of images of a set. */
  readonly file: FashionMnistFile
  readonly message: string
  readonly cause?: IdxError | ImageSetError
}

const side = 28

/** The largest of the files has 47 MB; a compressed one that claims more is not opened. */
const maximalBytes = 2 ** 26

const decoded = (file: FashionMnistFile, bytes: Uint8Array): TE.TaskEither<FashionMnistDecodeError, Idx> =>
  F.pipe(
    decodeFile(bytes, { maximalBytes }),
    TE.mapLeft((cause): FashionMnistDecodeError => ({
      _tag: 'InvalidFile',
      file,
      message: `${fashionMnistFiles[file]}: ${cause.message}`,
      cause,
    })),
  )

const otherContent = (
  file: FashionMnistFile,
  { type, shape }: Idx,
  wanted: string,
): E.Either<FashionMnistDecodeError, never> =>
  E.left({
    _tag: 'InvalidFile',
    file,
    message: `${fashionMnistFiles[file]} holds ${type} [${shape.join(', ')}], not ${wanted}; is it another file under this name?`,
  })

const pixelsOf =
  (file: FashionMnistFile) =>
  (idx: Idx): E.Either<FashionMnistDecodeError, Uint8Array> => {
    const [, height, width] = idx.shape
    return idx.type === 'uint8' && idx.shape.length === 3 && height === side && width === side
      ? E.right(idx.data)
      : otherContent(file, idx, `bytes [count, ${side}, ${side}]`)
  }

const labelsOf =
  (file: FashionMnistFile) =>
  (idx: Idx): E.Either<FashionMnistDecodeError, Labels> =>
    idx.shape.length !== 1 || idx.type === 'float32' || idx.type === 'float64'
      ? otherContent(file, idx, 'whole numbers [count]')
      : E.right(idx.type === 'uint8' ? idx.data : Int32Array.from(idx.data))

const decodedSet = (
  imageFile: FashionMnistFile,
  labelFile: FashionMnistFile,
  files: Readonly<Record<FashionMnistFile, Uint8Array>>,
): TE.TaskEither<FashionMnistDecodeError, ImageSet> =>
  F.pipe(
    TE.Do,
    TE.apS('images', F.pipe(decoded(imageFile, files[imageFile]), TE.flatMapEither(pixelsOf(imageFile)))),
    TE.apS('labels', F.pipe(decoded(labelFile, files[labelFile]), TE.flatMapEither(labelsOf(labelFile)))),
    TE.flatMapEither(({ images, labels }) =>
      F.pipe(
        imageSet({ images, labels, shape: [side, side, 1], classes: fashionMnistClasses }),
        E.mapLeft((cause): FashionMnistDecodeError => ({
          _tag: 'InvalidSet',
          file: imageFile,
          message: `${fashionMnistFiles[imageFile]} and ${fashionMnistFiles[labelFile]}: ${cause.message}`,
          cause,
        })),
      ),
    ),
  )

/**
 * Decodes the four files, compressed or not, and checks them against each other. Runs in Node and the browser.
 *
 * @param files the bytes of the files: images `[count, 28, 28]`, labels `[count]` from 0 to 9
 * @returns a task of the training and the test set, or of the first thing that is wrong with a file
 * @see H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", arXiv:1708.07747
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decodeFashionMnist } from '@resfn/fashion-mnist/decode'
 *
 * const [images, labels] = [new Uint8Array([0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28]), new Uint8Array([0, 0, 8, 1, 0, 0, 0, 1, 7])]
 * const result = await decodeFashionMnist({ trainImages: images, trainLabels: labels, testImages: images, testLabels: labels })()
 * assert.equal(result._tag === 'Left' && result.left.message, 'train-images-idx3-ubyte and train-labels-idx1-ubyte: there are 0 images and 1 labels; are they of one set?')
 * ```
 */
export const decodeFashionMnist = (
  files: Readonly<Record<FashionMnistFile, Uint8Array>>,
): TE.TaskEither<FashionMnistDecodeError, FashionMnist> =>
  A.sequenceS(TE.ApplyPar)({
    train: decodedSet('trainImages', 'trainLabels', files),
    test: decodedSet('testImages', 'testLabels', files),
  })
