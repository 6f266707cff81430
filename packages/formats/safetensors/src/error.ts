/** What can be wrong with a safetensors file, with values to be encoded, or with a view to be converted. */
export type SafetensorsError = {
  /**
   * - `TooShort`: fewer bytes than the 8 of the length field.
   * - `OtherFormat`: the file is of another format, such as a Git LFS pointer or a zip file of PyTorch.
   * - `HeaderTooLarge`: the header is longer than the format's 100 MB.
   * - `HeaderOutOfBounds`: the header is longer than the file.
   * - `InvalidUtf8`, `InvalidJson`: the header is not text, or not a JSON object.
   * - `DuplicateName`: a name occurs twice.
   * - `InvalidField`: an entry lacks a field, or a field has the wrong type or range.
   * - `UnknownDtype`: a dtype that the format does not list.
   * - `SizeMismatch`: shape and dtype do not give the number of bytes there is.
   * - `OutOfBounds`, `Overlap`, `Hole`: the tensors do not cover the data exactly once.
   * - `UnsupportedDtype`: a conversion that this dtype does not have.
   */
  readonly _tag:
    | 'TooShort'
    | 'OtherFormat'
    | 'HeaderTooLarge'
    | 'HeaderOutOfBounds'
    | 'InvalidUtf8'
    | 'InvalidJson'
    | 'DuplicateName'
    | 'InvalidField'
    | 'UnknownDtype'
    | 'SizeMismatch'
    | 'OutOfBounds'
    | 'Overlap'
    | 'Hole'
    | 'UnsupportedDtype'
  /** Where: the tensor's name, `header`, or the byte or character position. */
  readonly where: string
  /** One sentence: what is wrong, where, and how to fix it. */
  readonly message: string
}

/** Makes a `SafetensorsError`; the message is `where: what; remedy`. */
export const failure = (
  tag: SafetensorsError['_tag'],
  where: string,
  what: string,
  remedy: string,
): SafetensorsError => ({
  _tag: tag,
  where,
  message: `${where}: ${what}; ${remedy}`,
})
