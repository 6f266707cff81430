import type { taskEither as TE } from 'fp-ts'
import type { HubError } from './error.ts'

/** A file on this machine, with its name in the repository or the folder. */
export type FoundFile = { readonly name: string; readonly path: string }

/** The files of a net, wherever they are. */
export type NetFiles = {
  /** the folder or the repository, for messages */
  readonly where: string
  /** the commit, where they are from a hub */
  readonly revision?: string
  /** the first of some files that there is, fetched if need be; nothing where there is none of them */
  readonly find: (names: readonly string[]) => TE.TaskEither<HubError, FoundFile | undefined>
  /** the error of a net without a file */
  readonly lacks: (what: string) => HubError
  /** to be run when all is there */
  readonly keep: TE.TaskEither<HubError, void>
}
