import type { PickleError } from '@resfn/pickle'

/** Why the files of CIFAR cannot be read. */
export type CifarError = {
  /**
   * - `MissingFolder`, `Unreadable`: the system gives no folder or no file.
   * - `MissingFile`: the folder lacks a file of the data set.
   * - `WrongSize`: a file is not a whole number of images, or has none.
   * - `WrongLabel`: a label is not one of the classes.
   * - `WrongFields`: a file of Python holds other things than images and labels.
   * - the others: a file of Python is damaged, or asks for more than arrays need; see `PickleError`.
   */
  readonly _tag:
    | 'MissingFolder'
    | 'Unreadable'
    | 'MissingFile'
    | 'WrongSize'
    | 'WrongLabel'
    | 'WrongFields'
    | PickleError['_tag']
  /** The folder or file. */
  readonly where: string
  /** One sentence: where, what is wrong, and how to fix it. */
  readonly message: string
}

/** Makes a `CifarError`; the message is `where: what`. */
export const failure = (tag: CifarError['_tag'], where: string, what: string): CifarError => ({
  _tag: tag,
  where,
  message: `${where}: ${what}`,
})
