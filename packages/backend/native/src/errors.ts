/** The backend cannot start here; the message says what is missing and how to get it. */
export class NativeError extends Error {
  readonly _tag: 'NoPackage' | 'NoAddon' | 'CannotLoad'
  constructor(tag: NativeError['_tag'], message: string, options?: { readonly cause: unknown }) {
    super(message, options)
    this.name = 'NativeError'
    this._tag = tag
  }
}
