/** What can be wrong with a checkpoint, or with what is to become one. */
export type CheckpointError = {
  /**
   * - `Unreadable`: the bytes are not a safetensors file, or the tensors cannot be written as one.
   * - `NotACheckpoint`: a safetensors file of another program.
   * - `UnknownVersion`: a checkpoint of a later format.
   * - `CorruptMetadata`: the metadata is not JSON, lacks a field, or claims more than anybody could make.
   * - `OtherNet`: made for another net, or another input shape, than the one asked for.
   * - `OtherTensors`: tensors are missing, too many, or of another shape or dtype than the net's or the optimiser's.
   * - `WeightsOnly`: there is no run in it to continue.
   */
  readonly _tag:
    | 'Unreadable'
    | 'NotACheckpoint'
    | 'UnknownVersion'
    | 'CorruptMetadata'
    | 'OtherNet'
    | 'OtherTensors'
    | 'WeightsOnly'
  /** One or more sentences: where, what is wrong, and how to fix it. */
  readonly message: string
}

/** Makes a `CheckpointError`; the message is `where: what; remedy`. */
export const failure = (
  tag: CheckpointError['_tag'],
  where: string,
  what: string,
  remedy: string,
): CheckpointError => ({
  _tag: tag,
  message: `${where}: ${what}; ${remedy}`,
})
