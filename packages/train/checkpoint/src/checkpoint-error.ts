/** What can be wrong with a checkpoint, or with what is to become one. */
export type CheckpointError = {
  /**
   * - `Unreadable`: the bytes are no safetensors file, or the tensors cannot be written as one.
   * - `NotACheckpoint`: a safetensors file of another program.
   * - `UnknownVersion`: a checkpoint of a later format.
   * - `CorruptMetadata`: the metadata is no JSON, or lacks a field.
   * - `OtherNet`: made for another net, or another input shape, than the one asked for.
   * - `OtherTensors`: tensors are missing, too many, or of another shape or dtype than the net's or the optimiser's.
   * - `WeightsOnly`: there is no run in it to go on with.
   */
  readonly _tag:
    | 'Unreadable'
    | 'NotACheckpoint'
    | 'UnknownVersion'
    | 'CorruptMetadata'
    | 'OtherNet'
    | 'OtherTensors'
    | 'WeightsOnly'
  /** One or more sentences: where, what is wrong, and how to mend it. */
  readonly message: string
}

/** Makes a `CheckpointError`; the message is `where: what; mend`. */
export const failure = (tag: CheckpointError['_tag'], where: string, what: string, mend: string): CheckpointError => ({
  _tag: tag,
  message: `${where}: ${what}; ${mend}`,
})
