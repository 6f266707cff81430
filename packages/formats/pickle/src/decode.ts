import type { Dtype, TensorView } from '@resfn/safetensors'
import { openZip, type SourceFile, type Zip } from '@resfn/zip'
import { either as E, function as F, taskEither as TE } from 'fp-ts'
import { failure, type PickleError } from './error.ts'
import { program } from './program.ts'
import { spanOf, tensorFault, viewOf } from './strided.ts'
import { torchLanguage } from './torch.ts'
import { isTensor, type TensorRef, type Value } from './value.ts'

/** A tensor of a file; its values are read when they are asked for. */
export type StoredTensor<X = never> = {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** the tensor row by row, to be used before the next read of the file */
  readonly view: TE.TaskEither<PickleError | X, TensorView>
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
const folderOf = ({ names }: Pick<Zip, 'names'>): E.Either<PickleError, string> => {
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

const checkOrder = <X>(zip: Zip<X>, folder: string): TE.TaskEither<PickleError | X, unknown> =>
  zip.names.includes(`${folder}byteorder`)
    ? F.pipe(
        zip.read(`${folder}byteorder`, { end: 10 }),
        TE.filterOrElse(
          (order): boolean => String.fromCharCode(...order).trim() === 'little',
          (): PickleError | X =>
            failure('OtherFormat', 'byteorder', 'the numbers have their highest byte first', resave),
        ),
      )
    : TE.right(undefined)

/** The pickle of a net of thousands of tensors has less; it grows where it is run. */
const longestPickle = 2 ** 24

const readProgram = <X>(zip: Zip<X>, name: string): TE.TaskEither<PickleError | X, Uint8Array> => {
  const size = zip.size(name) ?? 0
  return size > longestPickle
    ? TE.left(
        failure(
          'TooLarge',
          name,
          `it has ${size} bytes, and at most ${longestPickle} are read`,
          'save the weights alone: torch.save(net.state_dict(), path)',
        ),
      )
    : zip.read(name)
}

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
 * @param file the file, such as `fileOf(bytes)` of `@resfn/zip`; of the tensors only those are read that are asked for
 * @returns the tensors by key, or a `PickleError` (never an exception, for any bytes)
 * @see PyTorch, `torch/serialization.py` and `torch/_weights_only_unpickler.py`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decode } from '@resfn/pickle'
 * import { fileOf } from '@resfn/zip'
 *
 * const legacy = await decode(fileOf(new Uint8Array([0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20])))()
 * assert.ok(legacy._tag === 'Left' && legacy.left._tag === 'LegacyFormat')
 * ```
 */
export const decode = <X>(file: SourceFile<X>): TE.TaskEither<PickleError | X, ReadonlyMap<string, StoredTensor<X>>> =>
  F.pipe(
    file.read(0, Math.min(file.length, 512)),
    TE.flatMap((start): TE.TaskEither<PickleError | X, Zip<X>> => {
      const other = otherFormat(start)
      return other === undefined ? openZip(file) : TE.left(other)
    }),
    TE.bindTo('zip'),
    TE.bind('folder', ({ zip }): TE.TaskEither<PickleError | X, string> => TE.fromEither(folderOf(zip))),
    TE.tap(({ zip, folder }) => checkOrder(zip, folder)),
    TE.bind('tensors', ({ zip, folder }) =>
      F.pipe(
        readProgram(zip, `${folder}data.pkl`),
        TE.flatMapEither((bytes): E.Either<PickleError | X, Value> => program(bytes, torchLanguage)),
        TE.flatMapEither(weightsIn),
      ),
    ),
    TE.flatMapEither(({ zip, folder, tensors }) => stored(zip, folder, tensors)),
  )

const stored = <X>(
  zip: Zip<X>,
  folder: string,
  tensors: readonly (readonly [string, TensorRef])[],
): E.Either<PickleError, ReadonlyMap<string, StoredTensor<X>>> => {
  for (const [key, tensor] of tensors) {
    const file = `${folder}data/${tensor.storage.name}`
    const fault = tensorFault(key, tensor, zip.size(file))
    if (fault !== undefined) return E.left(fault)
  }
  return E.right(
    new Map(
      tensors.map(([key, tensor]) => [
        key,
        {
          dtype: tensor.storage.dtype,
          shape: tensor.shape,
          view: F.pipe(
            zip.read(`${folder}data/${tensor.storage.name}`, spanOf(tensor)),
            TE.map((bytes) => viewOf(tensor, bytes)),
          ),
        },
      ]),
    ),
  )
}
