import { type ImageSet, imageSet, type ImageSetError } from '@resfn/batches'
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

/** The two parts of the data set. */
export type FashionMnist = { readonly train: ImageSet; readonly test: ImageSet }

/** What can be wrong with the contents of the files. */
export type FashionMnistDecodeError = {
  /**
   * - `InvalidFile`: a file is no IDX file, or not of the shape it must have; `cause` says more where IDX was the trouble.
   * - `InvalidSet`: images and labels do not go together; `cause` says how.
   */
  readonly _tag: 'InvalidFile' | 'InvalidSet'
  /** The file, or the file of images of a set. */
  readonly file: FashionMnistFile
  readonly message: string
  readonly cause?: IdxError | ImageSetError
}

const side = 28

const shaped =
  (file: FashionMnistFile, wanted: readonly (number | undefined)[], what: string) =>
  (idx: Idx): E.Either<FashionMnistDecodeError, Idx<'uint8'>> =>
    idx.type === 'uint8' &&
    idx.shape.length === wanted.length &&
    wanted.every((size, i) => size === undefined || size === idx.shape[i])
      ? E.right(idx)
      : E.left({
          _tag: 'InvalidFile',
          file,
          message: `${fashionMnistFiles[file]} holds ${idx.type} [${idx.shape.join(', ')}], not ${what}; is it another file under this name?`,
        })

const decoded = (file: FashionMnistFile, bytes: Uint8Array): TE.TaskEither<FashionMnistDecodeError, Idx<'uint8'>> => {
  const [wanted, what] =
    file === 'trainImages' || file === 'testImages'
      ? [[undefined, side, side], `bytes [count, ${side}, ${side}]`]
      : [[undefined], 'bytes [count]']
  return F.pipe(
    decodeFile(bytes),
    TE.mapLeft((cause): FashionMnistDecodeError => ({
      _tag: 'InvalidFile',
      file,
      message: `${fashionMnistFiles[file]}: ${cause.message}`,
      cause,
    })),
    TE.flatMapEither(shaped(file, wanted, what)),
  )
}

const decodedSet = (
  images: FashionMnistFile,
  labels: FashionMnistFile,
  files: Readonly<Record<FashionMnistFile, Uint8Array>>,
): TE.TaskEither<FashionMnistDecodeError, ImageSet> =>
  F.pipe(
    TE.Do,
    TE.apS('pixels', decoded(images, files[images])),
    TE.apS('labels', decoded(labels, files[labels])),
    TE.flatMapEither(({ pixels, labels: { data } }) =>
      F.pipe(
        imageSet({ images: pixels.data, labels: data, shape: [side, side, 1], classes: fashionMnistClasses }),
        E.mapLeft((cause): FashionMnistDecodeError => ({
          _tag: 'InvalidSet',
          file: images,
          message: `${fashionMnistFiles[images]} and ${fashionMnistFiles[labels]}: ${cause.message}`,
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
 *
 * Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", arXiv:1708.07747.
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
