/**
 * The addon could not be built.
 *
 * - `MissingParts`: the message lists all that is missing, with how to get it.
 * - `UnsupportedVersion`: the library is of a TensorFlow that the addon does not fit.
 * - `UnknownSource`: a text that is replaced in the C++ is not there.
 * - `CompilerFailed`: the compiler's own words are in the message.
 * - `CheckFailed`: the addon does not load, or computes something else than plain JavaScript.
 * - `CannotWrite`: the folder for the addon.
 */
export class SetupError extends Error {
  readonly _tag:
    | 'MissingParts'
    | 'UnsupportedVersion'
    | 'UnsupportedPlatform'
    | 'UnknownSource'
    | 'CompilerFailed'
    | 'CheckFailed'
    | 'CannotWrite'
  constructor(tag: SetupError['_tag'], message: string) {
    super(message)
    this.name = 'SetupError'
    this._tag = tag
  }
}
