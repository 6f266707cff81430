import type { DownloadError } from '@resfn/download'
import type { FashionMnistDecodeError } from './decode.ts'

/** What can go wrong when the files of a folder are read. */
export type FolderError = {
  /**
   * - `MissingFolder`: there is no such folder.
   * - `MissingFile`: a file is in it under none of its names.
   * - `Unreadable`: the system refuses to read.
   */
  readonly _tag: 'MissingFolder' | 'MissingFile' | 'Unreadable'
  /** The path. */
  readonly where: string
  readonly message: string
}

/** Everything that `loadFashionMnist` can answer instead of the data. */
export type FashionMnistError = FashionMnistDecodeError | DownloadError | FolderError
