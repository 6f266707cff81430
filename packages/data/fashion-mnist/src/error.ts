import type { FashionMnistDecodeError } from './decode.ts'

/** What can go wrong when a file is fetched into the cache. */
export type DownloadError = {
  /**
   * - `Refused`: the server has no such file, or answered with another error.
   * - `Unreachable`: no connection, or it broke or stood still, on every attempt.
   * - `WrongContent`: what came is not the official file, by its size or its SHA-256, twice.
   * - `Unwritable`: the cache cannot be written.
   */
  readonly _tag: 'Refused' | 'Unreachable' | 'WrongContent' | 'Unwritable'
  /** The URL, or the path that cannot be written. */
  readonly where: string
  readonly message: string
}

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

/** The code of a Node error, such as `ENOENT`, where it has one. */
export const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined

/** The reason in words; fetch hides it one level down. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
