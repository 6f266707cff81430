import type { ZipError } from '@resfn/zip'

/** What can be wrong with a file of NumPy. */
export type NpzError = {
  /**
   * - `OtherFormat`: the bytes are not of NumPy.
   * - `InvalidHeader`: the text that says type and shape is damaged.
   * - `UnsupportedType`: objects, texts, dates and others that are not numbers.
   * - `SizeMismatch`: shape and type do not give the number of bytes there is.
   * - `InvalidZip`, `UnsupportedCompression`, `TooLarge`, `NoSuchFile`: see `ZipError`.
   */
  readonly _tag: 'OtherFormat' | 'InvalidHeader' | 'UnsupportedType' | 'SizeMismatch' | ZipError['_tag']
  /** One sentence: where, what is wrong, and how to fix it. */
  readonly message: string
}

/** Makes an `NpzError`; the message is `where: what; remedy`. */
export const failure = (tag: NpzError['_tag'], where: string, what: string, remedy: string): NpzError => ({
  _tag: tag,
  message: `${where}: ${what}; ${remedy}`,
})
