import type { ZipError } from '@resfn/zip'

/** What can be wrong with a file of PyTorch, or a pickle. */
export type PickleError = {
  /**
   * - `OtherFormat`: the bytes are not a zip file of PyTorch, or not a pickle.
   * - `LegacyFormat`: PyTorch before 1.6 wrote it, without zip.
   * - `TorchScript`: the file is a program, not weights.
   * - `InvalidPickle`: the list of tensors is damaged.
   * - `UnsupportedOpcode`, `ForbiddenGlobal`: it asks for more than tensors, arrays, records and numbers need.
   * - `NoWeights`: there is no record of tensors in it.
   * - `InvalidTensor`: a tensor lies outside its storage, or its storage is missing or cut short.
   * - `UnsupportedType`: an array of objects, texts or dates, or with the highest byte first.
   * - `NotAnArray`: a value of a pickle is asked for as an array.
   * - `TooLarge`: the list of tensors is longer than any, or see `ZipError`.
   * - `InvalidZip`, `UnsupportedCompression`, `NoSuchFile`: see `ZipError`.
   */
  readonly _tag:
    | 'OtherFormat'
    | 'LegacyFormat'
    | 'TorchScript'
    | 'InvalidPickle'
    | 'UnsupportedOpcode'
    | 'ForbiddenGlobal'
    | 'NoWeights'
    | 'InvalidTensor'
    | 'UnsupportedType'
    | 'NotAnArray'
    | ZipError['_tag']
  /** One sentence: where, what is wrong, and how to fix it. */
  readonly message: string
}

/** Makes a `PickleError`; the message is `where: what; remedy`. */
export const failure = (tag: PickleError['_tag'], where: string, what: string, remedy: string): PickleError => ({
  _tag: tag,
  message: `${where}: ${what}; ${remedy}`,
})
