/** Labelled image files; a label is an index into `classes`. Plain data: no file is open. */
export type ImageFiles = {
  /** Absolute paths. */
  readonly paths: readonly string[]
  /** One a path. */
  readonly labels: Int32Array
  readonly classes: readonly string[]
}

/** The two parts of a data set of files. */
export type SplitFiles = {
  readonly train: ImageFiles
  readonly test: ImageFiles
  /** Whether folders or a column say which files are for testing, or the key drew them. */
  readonly split: 'given' | 'drawn'
  /** What was left out, one sentence each, for people. */
  readonly notes: readonly string[]
}

/** Why files cannot be listed. */
export type ListingError = {
  /**
   * - `MissingFolder`, `MissingFile`: there is none at the path.
   * - `Unreadable`: the system refuses to list or read it.
   * - `NoClasses`: there are not two classes with images.
   * - `OtherClasses`: a class of the test part is not one of training.
   * - `InvalidManifest`: a line of a manifest is wrong.
   */
  readonly _tag: 'MissingFolder' | 'MissingFile' | 'Unreadable' | 'NoClasses' | 'OtherClasses' | 'InvalidManifest'
  /** The folder, file or line. */
  readonly where: string
  /** One sentence: what is wrong and how to fix it. */
  readonly message: string
}

export const listingError = (_tag: ListingError['_tag'], where: string, message: string): ListingError => ({
  _tag,
  where,
  message: `${where}: ${message}`,
})
