import { either as E, type taskEither as TE } from 'fp-ts'

/** Runs a task inside an async function and throws what it fails with; the function itself is made a value again by its caller. */
export const orThrow = async <A>(task: TE.TaskEither<unknown, A>): Promise<A> => {
  const result = await task()
  if (E.isLeft(result)) throw result.left
  return result.right
}
