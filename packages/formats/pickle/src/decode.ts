import type { Dtype, TensorView } from '@resfn/safetensors'
import { openZip, type Zip } from '@resfn/zip'
import { either as E, function as F } from 'fp-ts'
import { failure, type PickleError } from './error.ts'
import { program } from './program.ts'
import { tensorFault, viewOf } from './strided.ts'
import { torchLanguage } from './torch.ts'
import { isTensor, type TensorRef, type Value } from './value.ts'

/** A tensor of a file; its values are read when they are asked for. */
export type StoredTensor = {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** the tensor row by row */
  readonly view: () => E.Either<PickleError, TensorView>
}

const resave =
  "load it in Python and save it again: torch.save(torch.load(path, map_location='cpu', weights_only=True), 'new.pth')"

/** The first values of a file of PyTorch before 1.6: a pickled number that stands for the format. */
const legacyStart = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20]

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((value, i) => bytes[i] === value)

const otherFormat = (bytes: Uint8Array): PickleError | undefined => {
  if (startsWith(bytes, [0x50, 0x4b])) return undefined
  if (startsWith(bytes, legacyStart))
    return failure('LegacyFormat', 'byte 0', 'PyTorch before 1.6 wrote it, without zip', resave)
  if (bytes[0] === 0x80)
    return failure('OtherFormat', 'byte 0', 'it is a pickle of Python, not a file of torch.save', resave)
  const isTar = String.fromCharCode(...bytes.subarray(257, 262)) === 'ustar'
  if (isTar) return failure('LegacyFormat', 'byte 257', 'it is a tar file, as PyTorch wrote before 0.1.10', resave)
  return failure(
    'OtherFormat',
    'byte 0',
    'it is not a zip file, as torch.save writes',
    'is it a file of weights of PyTorch?',
  )
}

/** The folder in the zip file that holds everything. */
const folderOf = ({ names }: Zip): E.Either<PickleError, string> => {
  if (names.some((name) => /(^|\/)constants\.pkl$/.test(name)))
    return E.left(
      failure(
        'TorchScript',
        'the zip file',
        'it is a program of TorchScript',
        'save the weights alone: torch.save(net.state_dict(), path)',
      ),
    )
  const pickle = names.find((name) => /(^|\/)data\.pkl$/.test(name))
  return pickle === undefined
    ? E.left(failure('OtherFormat', 'the zip file', 'it has no data.pkl', 'is it a file that torch.save wrote?'))
    : E.right(pickle.slice(0, -'data.pkl'.length))
}

const checkOrder = (zip: Zip, folder: string): E.Either<PickleError, unknown> =>
  zip.names.includes(`${folder}byteorder`)
    ? F.pipe(
        zip.read(`${folder}byteorder`),
        E.filterOrElse(
          (order): boolean => String.fromCharCode(...order.subarray(0, 10)).trim() === 'little',
          (): PickleError => failure('OtherFormat', 'byteorder', 'the numbers have their highest byte first', resave),
        ),
      )
    : E.right(undefined)

/** The names under which programs keep weights in a larger record. */
const inner = ['state_dict', 'model_state_dict', 'model', 'net', 'state_dict_ema', 'model_ema']

const tensorsIn = (value: Value | undefined): readonly (readonly [string, TensorRef])[] =>
  value instanceof Map
    ? [...value].flatMap(([key, tensor]) =>
        typeof key === 'string' && isTensor(tensor) ? [[key, tensor] as const] : [],
      )
    : []

const weightsIn = (value: Value): E.Either<PickleError, readonly (readonly [string, TensorRef])[]> => {
  const nested = value instanceof Map ? inner.map((name) => tensorsIn(value.get(name))) : []
  const found = nested.find((tensors) => tensors.length > 0) ?? tensorsIn(value)
  if (found.length > 0) return E.right(found)
  const names = value instanceof Map ? [...value.keys()].filter((key) => typeof key === 'string') : []
  const what = names.length > 0 ? `a record of ${names.slice(0, 8).join(', ')}` : 'no record'
  return E.left(
    failure(
      'NoWeights',
      'data.pkl',
      `it holds ${what}, and no tensors by name`,
      'save a state dict: torch.save(net.state_dict(), path)',
    ),
  )
}

/**
 * Decodes a file that `torch.save` wrote: the tensors of a state dict, also one in `state_dict` or `model` of a larger
 * record. The pickle in it is a program; of its opcodes and of the names that it may call only those are known that
 * make tensors, records and numbers, and everything else is an error. So nothing of a file is run.
 *
 * @param bytes the whole file; the tensors are read from it when they are asked for
 * @returns the tensors by key, or a `PickleError` (never an exception, for any bytes)
 * @see PyTorch, `torch/serialization.py` and `torch/_weights_only_unpickler.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decode } from '@resfn/pickle'
 *
 * const legacy = decode(new Uint8Array([0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20]))
 * assert.ok(legacy._tag === 'Left' && legacy.left._tag === 'LegacyFormat')
 * ```
 */
export const decode = (bytes: Uint8Array): E.Either<PickleError, ReadonlyMap<string, StoredTensor>> => {
  const other = otherFormat(bytes)
  if (other !== undefined) return E.left(other)
  return F.pipe(
    E.Do,
    E.bind('zip', (): E.Either<PickleError, Zip> => openZip(bytes)),
    E.bind('folder', ({ zip }) => folderOf(zip)),
    E.tap(({ zip, folder }) => checkOrder(zip, folder)),
    E.bind('tensors', ({ zip, folder }) =>
      F.pipe(
        zip.read(`${folder}data.pkl`),
        E.flatMap((pickle) => program(pickle, torchLanguage)),
        E.flatMap(weightsIn),
      ),
    ),
    E.flatMap(({ zip, folder, tensors }) => stored(zip, folder, tensors)),
  )
}

const stored = (
  zip: Zip,
  folder: string,
  tensors: readonly (readonly [string, TensorRef])[],
): E.Either<PickleError, ReadonlyMap<string, StoredTensor>> => {
  for (const [key, tensor] of tensors) {
    const fault = tensorFault(key, tensor)
    if (fault !== undefined) return E.left(fault)
  }
  // Tensors that share a storage stand beside each other, so the last one is kept.
  let last: { readonly name: string; readonly bytes: E.Either<PickleError, Uint8Array> } | undefined
  const storage = (name: string): E.Either<PickleError, Uint8Array> => {
    if (last?.name !== name) last = { name, bytes: zip.read(`${folder}data/${name}`) }
    return last.bytes
  }
  return E.right(
    new Map(
      tensors.map(([key, tensor]) => [
        key,
        {
          dtype: tensor.storage.dtype,
          shape: tensor.shape,
          view: () =>
            F.pipe(
              storage(tensor.storage.name),
              E.flatMap((bytes) => viewOf(key, tensor, bytes)),
            ),
        },
      ]),
    ),
  )
}
