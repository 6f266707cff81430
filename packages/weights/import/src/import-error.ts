import { formatShape, type Shape } from '@resfn/layer'
import { nearest } from '@resfn/options'
import type { ReadError } from './published-weights.ts'

/** Keys of the file and of the net that do not fit each other. */
export type KeyFaults = {
  /** keys that the net needs and the file lacks */
  readonly missing: readonly string[]
  /** keys of the file that the net does not have */
  readonly unknown: readonly string[]
  /** keys that both have, with another shape or a dtype that is not a float */
  readonly misshapen: readonly {
    readonly key: string
    readonly dtype: string
    readonly found: Shape
    readonly expected: Shape
  }[]
}

/** The file is not one of this net in this format; all keys at fault are named. */
export type OtherKeys = { readonly _tag: 'OtherKeys'; readonly message: string } & KeyFaults

/** Why weights cannot be imported: other keys, or a file that cannot be read. */
export type ImportError = OtherKeys | ReadError

/** More would hide the others. */
const listed = 8

const list = (what: string, entries: readonly string[]): readonly string[] => {
  if (entries.length === 0) return []
  const more = entries.length > listed ? `, and ${entries.length - listed} more` : ''
  return [`${what}: ${entries.slice(0, listed).join(', ')}${more}`]
}

const near = (key: string, among: readonly string[], where: string): string => {
  const [first] = nearest(key, among)
  return first === undefined ? key : `${key} (${where} ${first})`
}

const counted = (count: number, what: string): string => `${count} ${count === 1 ? 'key' : 'keys'} ${what}`

/** The error of keys that do not fit: the first ones of each kind in its message, all of them in its fields. */
export const otherKeys = (faults: KeyFaults): OtherKeys => {
  const { missing, unknown, misshapen } = faults
  const sentences = [
    ...list(
      counted(missing.length, missing.length === 1 ? 'is missing' : 'are missing'),
      missing.map((key, i) => (i < listed ? near(key, unknown, 'the file has') : key)),
    ),
    ...list(
      counted(unknown.length, unknown.length === 1 ? 'is unknown' : 'are unknown'),
      unknown.map((key, i) => (i < listed ? near(key, missing, 'the net has') : key)),
    ),
    ...list(
      counted(misshapen.length, misshapen.length === 1 ? 'has another shape' : 'have another shape'),
      misshapen.map(
        ({ key, dtype, found, expected }) =>
          `${key} is ${dtype} ${formatShape(found)}, the net has F32 ${formatShape(expected)}`,
      ),
    ),
  ]
  return {
    _tag: 'OtherKeys',
    message: `${sentences.join('; ')}; is the file one of this net, in this format?`,
    ...faults,
  }
}
