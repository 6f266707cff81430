/** One file to be fetched: where from, where to, and how to know it. */
export type Download = {
  readonly url: string
  /** The final name: a file is there only when it is whole and right. */
  readonly path: string
  /** Its size in bytes. */
  readonly bytes: number
  /** Its SHA-256 in hexadecimal. */
  readonly sha256: string
  /** Called with the number of bytes that are there so far. */
  readonly onProgress?: (received: number) => void
  /** Milliseconds without a byte after which a connection counts as broken; by default 30,000. */
  readonly stall?: number
  /** Connections in a row that may bring nothing new; by default 4. */
  readonly attempts?: number
  /** Milliseconds before the second attempt, doubled for each one after it; by default 500. */
  readonly pause?: number
}

/** What can go wrong when a file is fetched. */
export type DownloadError = {
  /**
   * - `Refused`: the server does not have the file, or answered with another error.
   * - `Unreachable`: no connection, or it broke or stood still, on every attempt.
   * - `WrongContent`: what came is not the file, by its size or its SHA-256, twice.
   * - `Unwritable`: the folder cannot be made or the file cannot be written.
   */
  readonly _tag: 'Refused' | 'Unreachable' | 'WrongContent' | 'Unwritable'
  /** The URL, or the path that cannot be written. */
  readonly where: string
  readonly message: string
}
