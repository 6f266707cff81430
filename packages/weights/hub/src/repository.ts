import { either as E } from 'fp-ts'
import { failure, type HubError } from './error.ts'

/** A repository of a hub at a revision: a branch, a tag or a commit. */
export type Repository = { readonly id: string; readonly revision: string }

const name = /^[\w.-]{1,96}$/
const isName = (text: string): boolean => name.test(text) && !/\.\.|--|^[.-]|[.-]$/.test(text)

const isRevision = (text: string): boolean => /^[\w.-]+(\/[\w.-]+)*$/.test(text) && !text.includes('..')

/** Whether a revision is a commit, which never changes. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision)

/**
 * `owner/name`, or a name of timm's, each with `@revision` or without. Both become names of folders, so nothing else
 * may be in them.
 */
export const parseRepository = (
  given: string,
  { revision: asked }: { readonly revision?: string } = {},
): E.Either<HubError, Repository> => {
  const [, text = '', , said] = /^([^@]*)(@(.*))?$/s.exec(given.replace(/^hf[-_]hub:/, '')) ?? []
  const parts = text.split('/')
  const revision = asked ?? said ?? 'main'
  return parts.length <= 2 && parts.every(isName) && isRevision(revision)
    ? E.right({ id: parts.length === 1 ? `timm/${text}` : text, revision })
    : E.left(
        failure(
          'InvalidName',
          given,
          'there is no such folder, and it is not the name of a repository; give owner/name, a name of timm such as resnet50.tv_in1k, or either with @revision',
        ),
      )
}
