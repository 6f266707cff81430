import type { Dtype } from '@resfn/safetensors'
import { failure } from './error.ts'
import { type GlobalRef, isGlobal, isStorage, isTensor, type StorageRef, type TensorRef, type Value } from './value.ts'

const storages: ReadonlyMap<string, Dtype> = new Map([
  ['torch.FloatStorage', 'F32'],
  ['torch.DoubleStorage', 'F64'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ShortStorage', 'I16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
  ['torch.ComplexFloatStorage', 'C64'],
])

const invalid = (what: string) => failure('InvalidPickle', 'data.pkl', what, 'the file is damaged: save it again')

const isSize = (value: Value | undefined): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const sizes = (value: Value | undefined): readonly number[] | undefined =>
  Array.isArray(value) && value.length <= 64 && value.every(isSize) ? value : undefined

const rebuildTensor = ([storage, offset, shape, strides]: readonly Value[]): TensorRef => {
  const [sides, steps] = [sizes(shape), sizes(strides)]
  if (
    !isStorage(storage) ||
    !isSize(offset) ||
    sides === undefined ||
    steps === undefined ||
    sides.length !== steps.length
  )
    throw invalid('a tensor has no storage, offset, shape and strides')
  return { kind: 'tensor', storage, offset, shape: sides, strides: steps }
}

/** The functions that may be called. All of them only make values. */
const calls: ReadonlyMap<string, (args: readonly Value[]) => Value> = new Map<
  string,
  (args: readonly Value[]) => Value
>([
  [
    'collections.OrderedDict',
    ([pairs = []]) => {
      if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2))
        throw invalid('a record is not made of pairs')
      return new Map(pairs as [Value, Value][])
    },
  ],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  [
    'torch._utils._rebuild_parameter',
    ([tensor]) => {
      if (!isTensor(tensor)) throw invalid('a parameter is not a tensor')
      return tensor
    },
  ],
  ['torch.Size', ([values = []]) => values],
])

/** A class or a function by its name in Python; an error unless it is one of the few that tensors need. */
export const globalNamed = (module: string, name: string): GlobalRef => {
  const full = `${module}.${name}`
  if (calls.has(full) || storages.has(full)) return { kind: 'global', name: full }
  throw failure(
    'ForbiddenGlobal',
    'data.pkl',
    `it asks for ${full.slice(0, 100)}, which is not a tensor`,
    "nothing of a file is run; load it in Python, and save the weights alone: torch.save(net.state_dict(), 'weights.pth')",
  )
}

export const call = (callee: Value | undefined, args: Value | undefined): Value => {
  const made = isGlobal(callee) && Array.isArray(args) ? calls.get(callee.name)?.(args) : undefined
  if (made === undefined) throw invalid('it calls what is not a function, or without arguments')
  return made
}

/** The storage of a persistent id: `('storage', class, file, device, elements)`. */
export const storageOf = (id: Value | undefined): StorageRef => {
  const [tag, type, name, , elements] = Array.isArray(id) ? id : []
  const dtype = isGlobal(type) ? storages.get(type.name) : undefined
  if (tag !== 'storage' || dtype === undefined || typeof name !== 'string' || !isSize(elements))
    throw invalid('a storage has no class, name and number of elements')
  return { kind: 'storage', dtype, name, elements }
}
