import { either as E } from 'fp-ts'
import { type Dtype, isDtype } from './dtype.ts'
import { failure, type SafetensorsError } from './error.ts'
import { distinct, jsonReader, type JsonReader } from './json.ts'

/** Where one tensor is: `start` to `end` are bytes of the file. */
export type TensorPlace = {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

/** What the header of a file says: the tensors in the order of the text, and the `__metadata__` strings. */
export type SafetensorsHeader = {
  readonly tensors: ReadonlyMap<string, TensorPlace>
  readonly metadata: ReadonlyMap<string, string>
}

/** The key of the header that holds strings instead of a tensor. */
export const metadataKey = '__metadata__'

/** NumPy's and PyTorch's limit; without one a hostile header could ask for an array of 50 million sizes. */
const maximalRank = 64

const invalid = (name: string, what: string, remedy: string): SafetensorsError =>
  failure('InvalidField', `tensor ${JSON.stringify(name)}`, what, remedy)

const sizes = (json: JsonReader, name: string, field: string, limit: number): readonly number[] => {
  const values: number[] = []
  json.array(() => {
    if (values.length === limit)
      throw invalid(name, `"${field}" has more than ${limit} numbers`, 'the file is damaged or not safetensors')
    const text = json.number()
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (!Number.isSafeInteger(value)) {
      throw invalid(
        name,
        `"${field}" holds ${text.slice(0, 40)}`,
        'sizes and offsets are whole numbers from 0 to 2^53 - 1',
      )
    }
    values.push(value)
  })
  return values
}

/** One tensor's entry; its offsets count from the byte `data` of the file. */
const place = (json: JsonReader, name: string, data: number): TensorPlace => {
  let dtype: string | undefined
  let shape: readonly number[] | undefined
  let offsets: readonly number[] | undefined
  let isNew: ReturnType<typeof distinct> | undefined
  json.object((field) => {
    if (field === 'dtype' && dtype === undefined) dtype = json.string()
    else if (field === 'shape' && shape === undefined) shape = sizes(json, name, field, maximalRank)
    else if (field === 'data_offsets' && offsets === undefined) offsets = sizes(json, name, field, 2)
    else if (field === 'dtype' || field === 'shape' || field === 'data_offsets') return false
    else {
      json.skip()
      return (isNew ??= distinct())(field)
    }
    return true
  })
  const missing =
    dtype === undefined ? 'dtype' : shape === undefined ? 'shape' : offsets === undefined ? 'data_offsets' : undefined
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    throw invalid(name, `"${missing}" is missing`, 'each tensor needs "dtype", "shape" and "data_offsets"')
  }
  if (!isDtype(dtype)) {
    throw failure(
      'UnknownDtype',
      `tensor ${JSON.stringify(name)}`,
      `dtype ${JSON.stringify(dtype)} is not in the format`,
      'see `dtypes` for the names',
    )
  }
  const [begin, end] = offsets
  if (begin === undefined || end === undefined || end < begin) {
    throw invalid(name, `"data_offsets" is [${offsets.join(', ')}]`, 'it must be [begin, end] with begin <= end')
  }
  return { dtype, shape, start: data + begin, end: data + end }
}

const strings = (json: JsonReader): ReadonlyMap<string, string> => {
  const metadata = new Map<string, string>()
  // The reference implementation reads null as an absent value.
  if (json.isNull()) json.skip()
  else json.object((key) => metadata.size < metadata.set(key, json.string()).size)
  return metadata
}

/**
 * Reads the header's text, entry by entry: it stops at the first fault, takes time in proportion to the text, and never
 * holds more than the text describes. `data` is the byte of the file at which the tensors' offsets start.
 */
export const parseHeader = (text: string, data: number): E.Either<SafetensorsError, SafetensorsHeader> => {
  try {
    const json = jsonReader(text)
    const tensors = new Map<string, TensorPlace>()
    let metadata: ReadonlyMap<string, string> | undefined
    if (!text.startsWith('{')) json.fail('a header starts with {')
    json.object((name) => {
      if (name === metadataKey ? metadata !== undefined : tensors.has(name)) return false
      if (name === metadataKey) metadata = strings(json)
      else tensors.set(name, place(json, name, data))
      return true
    })
    json.end()
    return E.right({ tensors, metadata: metadata ?? new Map() })
  } catch (error) {
    // The readers throw SafetensorsError values; anything else is a fault of this package and must be seen.
    if (typeof error === 'object' && error !== null && '_tag' in error) return E.left(error as SafetensorsError)
    throw error
  }
}
