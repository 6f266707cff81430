import { nearest } from '@resfn/options'
import { usageError } from '../error.ts'

/** `resnet20`, `resnet20 or resnet32`, `resnet20, resnet32 or resnet44`. */
export const alternatives = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`

/** `there is no net "resnet21"; did you mean resnet20 or resnet32? (see resfn nets)`. */
export const unknownName = (
  kind: string,
  name: string,
  names: readonly string[],
  where: string,
  near: readonly string[] = nearest(name, names),
): string =>
  near.length === 0
    ? `there is no ${kind} "${name}"; ${where}`
    : `there is no ${kind} "${name}"; did you mean ${alternatives(near)}? (${where})`

/** Throws a `CliError` with the names nearest to it unless a name is known. */
export const checkName = (kind: string, name: string, names: readonly string[], where: string): void => {
  if (!names.includes(name)) throw usageError(unknownName(kind, name, names, where))
}
