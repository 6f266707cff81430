import { failure, type PickleError } from './error.ts'
import { type GlobalRef, isGlobal, type Value } from './value.ts'

/** What the pickles of one program may ask for. */
export type Language = {
  /** What the pickle is called in messages. */
  readonly where: string
  /** What it is there for, in a message about what is not. */
  readonly holds: string
  /** How to save what can be read. */
  readonly remedy: string
  /** The functions that may be called, by their names in Python. All of them only make values. */
  readonly functions: ReadonlyMap<string, (args: readonly Value[]) => Value>
  /** The names that may be given to them. */
  readonly classes: ReadonlySet<string>
  /** The value of a persistent id. */
  readonly persistent: (id: Value) => Value
  /** Sets the attributes of an object, where it can have some. */
  readonly build: (object: Value, state: Value) => boolean
}

export const damaged = (where: string, what: string): PickleError =>
  failure('InvalidPickle', where, what, 'the file is damaged: save it again')

/** A class or a function by its name in Python; an error unless it is one of the few that the language needs. */
export const globalNamed = (language: Language, module: string, name: string): GlobalRef => {
  const full = `${module}.${name}`
  if (language.functions.has(full) || language.classes.has(full)) return { kind: 'global', name: full }
  throw failure(
    'ForbiddenGlobal',
    language.where,
    `it asks for ${full.slice(0, 100)}, which is not ${language.holds}`,
    `nothing of a file is run; load it in Python, and ${language.remedy}`,
  )
}

export const call = (language: Language, callee: Value, args: Value): Value => {
  const made = isGlobal(callee) && Array.isArray(args) ? language.functions.get(callee.name)?.(args) : undefined
  if (made === undefined) throw damaged(language.where, 'it calls what is not a function, or without arguments')
  return made
}
