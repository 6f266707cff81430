import { either as E } from 'fp-ts'
import * as v from 'valibot'
import { failure, type HubError } from './error.ts'

/** A text as JSON. */
export const jsonOf = (text: string, where: string, remedy: string): E.Either<HubError, unknown> =>
  E.tryCatch(
    () => JSON.parse(text) as unknown,
    () => failure('WrongConfig', where, `it is not JSON; ${remedy}`),
  )

/** A value as a schema has it, or what is wrong with each field. */
export const checked = <A>(
  schema: v.GenericSchema<unknown, A>,
  value: unknown,
  where: string,
  remedy: string,
): E.Either<HubError, A> => {
  const parsed = v.safeParse(schema, value)
  if (parsed.success) return E.right(parsed.output)
  const problems = parsed.issues.map((issue) => {
    const path = v.getDotPath(issue)
    const message = issue.received === 'undefined' ? 'it is missing' : issue.message
    return path === null ? message : `${path}: ${message}`
  })
  return E.left(failure('WrongConfig', where, `${problems.join('; ')}; ${remedy}`))
}
