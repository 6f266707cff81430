/** A backend that was tried, and why it is not used. */
export type Attempt = { readonly backend: string; readonly reason: string }

/**
 * No backend could be chosen.
 *
 * - `UnknownBackend`: a name that the table does not have.
 * - `WrongOption`: an option has a value that its backend does not take.
 * - `NoBackend`: none of those tried works here; `tried` says why, one by one.
 */
export class BackendError extends Error {
  readonly _tag: 'UnknownBackend' | 'WrongOption' | 'NoBackend'
  readonly tried: readonly Attempt[]
  constructor(tag: BackendError['_tag'], message: string, tried: readonly Attempt[] = []) {
    super(message)
    this.name = 'BackendError'
    this._tag = tag
    this.tried = tried
  }
}
