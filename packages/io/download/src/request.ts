/** How the content of a file is known. */
export type Checksum =
  /** Its SHA-256 in hexadecimal. */
  | { readonly sha256: string }
  /** Its name as an object of git: the SHA-1 of `blob <bytes>`, a zero byte and the content, in hexadecimal. */
  | { readonly gitBlob: string }

/** One file to be fetched: where from, where to, and how to know it. */
export type Download = Checksum & {
  readonly url: string
  /** Headers of the request, such as `authorization`, which goes to no other origin that the server leads to. */
  readonly headers?: Readonly<Record<string, string>>
  /** The final name: a file is there only when it is whole and right. */
  readonly path: string
  /** Its size in bytes. */
  readonly bytes: number
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
   * - `WrongContent`: what came is not the file, by its size or its checksum, twice.
   * - `Unwritable`: the folder cannot be made or the file cannot be written.
   */
  readonly _tag: 'Refused' | 'Unreachable' | 'WrongContent' | 'Unwritable'
  /** The URL, or the path that cannot be written. */
  readonly where: string
  readonly message: string
  /** Of `Refused`: the status that the server answered. */
  readonly status?: number
  /** Of `Unwritable`: the code of the system, such as `ENOSPC`. */
  readonly code?: string
}
