import type { Dtype } from '@resfn/safetensors'
import { damaged, type Language } from './language.ts'
import { isGlobal, isSize, isStorage, isTensor, sizes, type StorageRef, type TensorRef, type Value } from './value.ts'

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

const where = 'data.pkl'

const invalid = (what: string) => damaged(where, what)

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

const functions: ReadonlyMap<string, (args: readonly Value[]) => Value> = new Map<
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

/** The storage of a persistent id: `('storage', class, file, device, elements)`. */
const storageOf = (id: Value): StorageRef => {
  const [tag, type, name, , elements] = Array.isArray(id) ? id : []
  const dtype = isGlobal(type) ? storages.get(type.name) : undefined
  if (tag !== 'storage' || dtype === undefined || typeof name !== 'string' || !isSize(elements))
    throw invalid('a storage has no class, name and number of elements')
  return { kind: 'storage', dtype, name, elements }
}

/** What `torch.save` writes for tensors, records and numbers. */
export const torchLanguage: Language = {
  where,
  holds: 'a tensor',
  remedy: "save the weights alone: torch.save(net.state_dict(), 'weights.pth')",
  functions,
  classes: new Set(storages.keys()),
  persistent: storageOf,
  // The versions of layers that a record of weights carries say nothing of values.
  build: (object) => object instanceof Map,
}
