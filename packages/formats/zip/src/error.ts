/** What can be wrong with a zip file. */
export type ZipError = {
  /**
   * - `InvalidZip`: the bytes are not a whole zip file, or two files in it share bytes or a name.
   * - `UnsupportedCompression`: a file in it is encrypted, or compressed otherwise than by deflate.
   * - `TooLarge`: a file in it claims to be larger than its bytes can hold, is larger than it claims, or its directory
   *   is larger than is read.
   * - `NoSuchFile`: there is no file of that name in it.
   */
  readonly _tag: 'InvalidZip' | 'UnsupportedCompression' | 'TooLarge' | 'NoSuchFile'
  /** One sentence: where, what is wrong, and how to fix it. */
  readonly message: string
}

/** Makes a `ZipError`; the message is `where: what; remedy`. */
export const failure = (tag: ZipError['_tag'], where: string, what: string, remedy: string): ZipError => ({
  _tag: tag,
  message: `${where}: ${what}; ${remedy}`,
})

const longestName = 200

/** A file in a zip file, as messages call it. */
export const inZip = (name: string): string => `${JSON.stringify(name.slice(0, longestName))} in the zip file`
