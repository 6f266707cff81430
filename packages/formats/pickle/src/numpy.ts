import { failure } from './error.ts'
import { damaged, type Language } from './language.ts'
import { type ArrayRef, type DtypeRef, isArray, isDtype, isGlobal, sizes, type Value } from './value.ts'

const where = 'the pickle'
const remedy = 'save arrays, records, texts and numbers alone, with protocol 2 to 4'

const invalid = (what: string) => damaged(where, what)

/** An empty array, as NumPy makes it before its state is set. */
const emptyArray = ([type]: readonly Value[]): ArrayRef => {
  if (!isGlobal(type) || type.name !== 'numpy.ndarray') throw invalid('an array is not a numpy.ndarray')
  return {
    kind: 'array',
    dtype: { kind: 'dtype', name: 'i1', order: '|' },
    shape: [0],
    isFortran: false,
    data: new Uint8Array(),
  }
}

const dtype = ([name]: readonly Value[]): DtypeRef => {
  if (typeof name !== 'string' || name.length > 100) throw invalid('a dtype has no name')
  return { kind: 'dtype', name, order: '|' }
}

/** The bytes of a text that has a letter a byte: Python 3 writes bytes so in protocol 2. */
const encode = ([text, encoding]: readonly Value[]): Uint8Array => {
  if (typeof text !== 'string' || (encoding !== 'latin1' && encoding !== 'latin-1'))
    throw invalid('bytes are not written as a text of latin1')
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const letter = text.charCodeAt(i)
    if (letter > 255) throw invalid('a text of latin1 has other letters')
    bytes[i] = letter
  }
  return bytes
}

/** Python 3 writes the empty bytes as a call without arguments. */
const noBytes = (args: readonly Value[]): Uint8Array => {
  if (args.length > 0) throw invalid('bytes are made of something')
  return new Uint8Array()
}

/** `(version, order of bytes, base, names, fields, size, alignment, flags)`. */
const setDtype = (object: DtypeRef, state: Value): boolean => {
  const [, order, base, names, fields] = Array.isArray(state) ? state : []
  if (order !== '<' && order !== '>' && order !== '|' && order !== '=') return false
  if (base !== null || names !== null || fields !== null)
    throw failure('UnsupportedType', where, 'an array holds records', remedy)
  object.order = order
  return true
}

/** `(version, shape, dtype, column by column, bytes)`. */
const setArray = (object: ArrayRef, state: Value): boolean => {
  const [, shape, type, isFortran, data] = Array.isArray(state) ? state : []
  const sides = sizes(shape)
  if (sides === undefined || !isDtype(type) || typeof isFortran !== 'boolean') return false
  if (typeof data !== 'string' && !(data instanceof Uint8Array))
    throw failure('UnsupportedType', where, `an array of ${type.name} holds objects`, remedy)
  Object.assign(object, { dtype: type, shape: sides, isFortran, data } satisfies Partial<ArrayRef>)
  return true
}

/** What Python 2 and 3 write for arrays of NumPy, records, texts and numbers. */
export const numpyLanguage: Language = {
  where,
  holds: 'an array of numbers',
  remedy,
  functions: new Map<string, (args: readonly Value[]) => Value>([
    ['numpy.core.multiarray._reconstruct', emptyArray],
    ['numpy._core.multiarray._reconstruct', emptyArray],
    ['numpy.dtype', dtype],
    ['_codecs.encode', encode],
    ['__builtin__.bytes', noBytes],
  ]),
  classes: new Set(['numpy.ndarray']),
  persistent: () => {
    throw failure('OtherFormat', where, 'it refers to values outside of it', remedy)
  },
  build: (object, state) =>
    isDtype(object) ? setDtype(object, state) : isArray(object) ? setArray(object, state) : false,
}
