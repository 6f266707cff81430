import type { ImageSet } from '@resfn/batches'
import type { Moments } from '@resfn/transforms'
import type { taskEither as TE } from 'fp-ts'

/** The two parts of a data set. */
export type TrainAndTest = { readonly train: ImageSet; readonly test: ImageSet }

/** How far a download is: `received` of `total` bytes of one file. */
export type FetchProgress = { readonly file: string; readonly received: number; readonly total: number }

/** An error as the packages return it. */
export type Failure = { readonly _tag: string; readonly message: string }

/** What is known of images whatever they are. */
export type DataName = {
  /** The name that people know it by. */
  readonly title: string
  /** Mean and deviation of each channel of the training images, from 0 to 1. */
  readonly moments: Moments
  /** What images with a digest are; however their files are compressed. */
  readonly known: { readonly [digest: string]: string }
  /** Whose they are and under which licence, where that is known. */
  readonly licence?: string
}

/** A data set as the command sees it: a row of `dataSources`. */
export type DataSource = DataName & {
  readonly classes: readonly string[]
  /** The names of its files, each as it is or with `.gz`. */
  readonly files: readonly string[]
  /** Reads the files in a folder. */
  readonly loadFolder: (folder: string) => TE.TaskEither<Failure, TrainAndTest>
  /** Reads the images that come with resfn. */
  readonly loadBundled: TE.TaskEither<Failure, TrainAndTest>
  /** Downloads what is missing in a folder, and reads it. */
  readonly fetch: (options: {
    readonly folder: string
    readonly mirror?: string
    readonly onProgress: (progress: FetchProgress) => void
  }) => TE.TaskEither<Failure, TrainAndTest>
}
