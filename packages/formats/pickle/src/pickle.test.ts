import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { strToU8, zipSync } from 'fflate'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { fileOf } from '@resfn/zip'
import { decode, type PickleError } from './index.ts'

const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`./fixtures/${name}`, import.meta.url)))

type Listing = {
  readonly [key: string]: { readonly dtype: string; readonly shape: readonly number[]; readonly hex: string }
}
const { files } = JSON.parse(new TextDecoder().decode(read('files.json'))) as {
  readonly files: { readonly [name: string]: Listing }
}

/** Everything that a file gives, or why it gives nothing. */
const everything = async (bytes: Uint8Array): Promise<E.Either<PickleError, Listing>> => {
  const decoded = await decode(fileOf(bytes))()
  if (E.isLeft(decoded)) return decoded
  const entries: [string, Listing[string]][] = []
  for (const [key, { dtype, shape, view }] of decoded.right) {
    const found = await view()
    if (E.isLeft(found)) return found
    expect({ dtype, shape }).toEqual({ dtype: found.right.dtype, shape: found.right.shape })
    entries.push([key, { dtype, shape, hex: Buffer.from(found.right.data).toString('hex') }])
  }
  return E.right(Object.fromEntries(entries))
}
const errorOf = async (bytes: Uint8Array): Promise<PickleError> => {
  const result = await everything(bytes)
  if (E.isRight(result)) throw new Error('it was read')
  return result.left
}

describe('a file of torch.save', () => {
  it.each(Object.keys(files))('%s has the dtypes, shapes and values of PyTorch', async (name) => {
    expect(await everything(read(`${name}.pth`))).toEqual(E.right(files[name]))
  })

  it('is read tensor by tensor', async () => {
    const bytes = read('plain.pth')
    const decoded = await decode(fileOf(bytes))()
    if (E.isLeft(decoded)) throw new Error(decoded.left.message)
    bytes.fill(0, Buffer.from(bytes).indexOf('data/0'))
    const view = await decoded.right.get('conv.weight')!.view()
    expect(E.isRight(view) && view.right.data.every((byte) => byte === 0)).toBe(true)
  })
})

describe('files that are refused', () => {
  it.each<[name: string, tag: PickleError['_tag'], message: string]>([
    ['legacy.pth', 'LegacyFormat', 'torch.save(torch.load(path'],
    ['plain.pkl', 'OtherFormat', 'a pickle of Python, not a file of torch.save'],
    ['script.pth', 'TorchScript', 'a program of TorchScript'],
    ['whole-module.pth', 'ForbiddenGlobal', 'it asks for torch.nn.modules.container.Sequential, which is not a tensor'],
    ['namespace.pth', 'ForbiddenGlobal', 'it asks for argparse.Namespace'],
    ['evil.pth', 'ForbiddenGlobal', 'it asks for posix.system, which is not a tensor; nothing of a file is run'],
    ['no-tensors.pth', 'NoWeights', 'it holds a record of epoch, name, and no tensors by name'],
    ['files.json', 'OtherFormat', 'it is not a zip file'],
  ])('%s', async (name, tag, message) => {
    const error = await errorOf(read(name))
    expect(error._tag).toBe(tag)
    expect(error.message).toContain(message)
  })

  it('a zip file of another program', async () => {
    expect(await errorOf(zipSync({ 'a.txt': new Uint8Array(3) }))).toMatchObject({ _tag: 'OtherFormat' })
  })

  it('numbers with the highest byte first', async () => {
    const zip = zipSync({ 'a/data.pkl': pickle('}.'), 'a/byteorder': strToU8('big') })
    expect(await errorOf(zip)).toMatchObject({
      _tag: 'OtherFormat',
      message: expect.stringContaining('highest byte') as string,
    })
  })
})

const pickle = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  new Uint8Array([
    0x80,
    2,
    ...parts.flatMap((part) => (typeof part === 'string' ? [...strToU8(part, true)] : [...part])),
  ])
const file = (data: Uint8Array, storage = new Uint8Array(16)): Uint8Array =>
  zipSync({ 'a/data.pkl': data, 'a/data/0': [storage, { level: 0 }] })
const text = (value: string) => [0x58, value.length, 0, 0, 0, ...strToU8(value)]
/** `{'w': tensor}` with a storage of four floats. */
const tensor = ({
  shape = [4],
  strides = [1],
  offset = 0,
  elements = 4,
  storage = 'FloatStorage',
  name = '0',
}: {
  readonly shape?: readonly number[]
  readonly strides?: readonly number[]
  readonly offset?: number
  readonly elements?: number
  readonly storage?: string
  readonly name?: string
}): Uint8Array => {
  const int = (value: number) => [0x4a, ...new Uint8Array(new Int32Array([value]).buffer)]
  return pickle(
    '}',
    text('w'),
    'ctorch._utils\n_rebuild_tensor_v2\n((',
    text('storage'),
    `ctorch\n${storage}\n`,
    text(name),
    text('cpu'),
    int(elements),
    'tQ',
    int(offset),
    '(',
    shape.flatMap(int),
    't(',
    strides.flatMap(int),
    't',
    [0x89],
    'ccollections\nOrderedDict\n)RtRs.',
  )
}

describe('tensors that lie', () => {
  it('nothing is wrong with this one', async () => {
    expect(await everything(file(tensor({})))).toMatchObject({ right: { w: { dtype: 'F32', shape: [4] } } })
  })

  it.each<[what: string, options: Parameters<typeof tensor>[0]]>([
    ['larger than the storage', { shape: [5] }],
    ['behind the storage', { offset: 1 }],
    ['far behind it', { shape: [2], strides: [2 ** 31 - 1] }],
    ['with a storage that is cut short', { elements: 5 }],
    ['with a storage larger than it says', { elements: 3, shape: [3] }],
    ['repeated without end', { shape: [2 ** 30, 2 ** 20], strides: [0, 0] }],
    ['repeated too often', { shape: [2 ** 25], strides: [0] }],
    ['with a product beyond 2^53', { shape: [2 ** 30, 2 ** 30], strides: [0, 0] }],
  ])('%s', async (_, options) => {
    expect((await errorOf(file(tensor(options))))._tag).toBe('InvalidTensor')
  })

  it.each<[what: string, options: Parameters<typeof tensor>[0], tag: PickleError['_tag']]>([
    ['a negative size', { shape: [-1] }, 'InvalidPickle'],
    ['negative strides', { strides: [-1] }, 'InvalidPickle'],
    ['a negative offset', { offset: -1 }, 'InvalidPickle'],
    ['more strides than sizes', { strides: [1, 1] }, 'InvalidPickle'],
    ['65 axes', { shape: Array<number>(65).fill(1), strides: Array<number>(65).fill(1) }, 'InvalidPickle'],
    ['a storage that is not there', { name: '1' }, 'NoSuchFile'],
    ['a storage outside of the folder', { name: '../x' }, 'NoSuchFile'],
    ['a storage of another kind', { storage: 'QInt8Storage' }, 'ForbiddenGlobal'],
  ])('%s', async (_, options, tag) => {
    expect((await errorOf(file(tensor(options))))._tag).toBe(tag)
  })

  it('complex numbers are given as they are', async () => {
    expect(await everything(read('complex.pth'))).toMatchObject({ right: { z: { dtype: 'C64' } } })
  })
})

describe('pickles that are damaged or hostile', () => {
  it.each<[what: string, data: Uint8Array, tag: PickleError['_tag']]>([
    ['empty', new Uint8Array(), 'InvalidPickle'],
    ['without an end', pickle('}'), 'InvalidPickle'],
    ['with nothing to give', pickle('.'), 'InvalidPickle'],
    ['of protocol 6', new Uint8Array([0x80, 6, 0x4e, 0x2e]), 'InvalidPickle'],
    ['that takes a mark that is not there', pickle('t.'), 'InvalidPickle'],
    ['that recalls what it did not keep', pickle('h\u0001.'), 'InvalidPickle'],
    ['that appends to a number', pickle('K\u0001K\u0002a.'), 'InvalidPickle'],
    ['that calls a number', pickle('K\u0001)R.'), 'InvalidPickle'],
    ['that calls a record', pickle('})R.'), 'InvalidPickle'],
    ['that builds a number', pickle('K\u0001}b.'), 'InvalidPickle'],
    ['with a text longer than it', pickle('X\u00ff\u00ff\u00ff\u00ffa.'), 'InvalidPickle'],
    ['with a text that is not UTF-8', pickle('X\u0001\u0000\u0000\u0000\u00ff.'), 'InvalidPickle'],
    ['with bytes of Python 2 alone', pickle('U\u0001\u00ff.'), 'NoWeights'],
    ['with an import of os', pickle('cos\nsystem\n.'), 'ForbiddenGlobal'],
    ['with eval', pickle('c__builtin__\neval\n.'), 'ForbiddenGlobal'],
    ['with a name that is a property of records', pickle('c__proto__\nconstructor\n.'), 'ForbiddenGlobal'],
    ['with a class of its own', pickle('}', [0x81], '.'), 'UnsupportedOpcode'],
    ['with an instance', pickle('(i__main__\nX\n.'), 'UnsupportedOpcode'],
    ['with an extension', pickle([0x82, 1], '.'), 'UnsupportedOpcode'],
    ['with text numbers', pickle('I1\n.'), 'UnsupportedOpcode'],
    ['that stores a storage by an old id', pickle('P1\n.'), 'UnsupportedOpcode'],
    ['with a storage that is not one', pickle('K\u0001Q.'), 'InvalidPickle'],
  ])('%s', async (_, data, tag) => {
    expect((await errorOf(file(data)))._tag).toBe(tag)
  })

  it('that makes a million records is refused', async () => {
    const program = new Uint8Array(2 ** 20 + 10).fill(0x7d)
    expect(await errorOf(file(program))).toMatchObject({
      _tag: 'TooLarge',
      message: expect.stringContaining('1048576 steps') as string,
    })
  })

  it('with a list of tensors longer than any is not read', async () => {
    const long = zipSync({ 'a/data.pkl': new Uint8Array(2 ** 24 + 1) })
    expect(await errorOf(long)).toMatchObject({
      _tag: 'TooLarge',
      message: expect.stringContaining('16777217 bytes') as string,
    })
  })

  it('with a deflated storage that its bytes cannot hold is refused', async () => {
    const zip = zipSync({
      'a/data.pkl': tensor({ elements: 2 ** 30, shape: [2 ** 30] }),
      'a/data/0': new Uint8Array(16),
    })
    expect((await errorOf(zip))._tag).toBe('InvalidTensor')
  })

  it('may hold lists and records in themselves', async () => {
    expect((await errorOf(file(pickle(']q\u0000h\u0000a.'))))._tag).toBe('NoWeights')
    expect((await errorOf(file(pickle('}q\u0000', text('state_dict'), 'h\u0000s.'))))._tag).toBe('NoWeights')
  })

  it('of any bytes end in a value, in time', async () => {
    const opcode = fc.constantFrom(
      ...[...'()]}taesuNJKMGXTUBCqrhjcRQb01.'].map((letter) => letter.charCodeAt(0)),
      0x80,
      0x85,
      0x86,
      0x87,
      0x88,
      0x8a,
      0x8c,
      0x93,
      0x94,
      0x95,
    )
    const program = fc.array(fc.oneof({ weight: 3, arbitrary: opcode }, { weight: 1, arbitrary: fc.nat(255) }), {
      maxLength: 80,
    })
    await fc.assert(
      fc.asyncProperty(program, async (bytes) => {
        expect(['Left', 'Right']).toContain((await everything(file(Uint8Array.from(bytes))))._tag)
      }),
      { numRuns: 1000 },
    )
  })
})

it('a directory that claims four billion files is refused at once', async () => {
  const bytes = read('plain.pth')
  const record = Buffer.from(bytes).lastIndexOf(Buffer.from([0x50, 0x4b, 6, 6]))
  new DataView(bytes.buffer).setUint32(record + 32, 0xffffffff, true)
  expect((await errorOf(bytes))._tag).toBe('InvalidZip')
})

describe('files that are damaged', () => {
  const whole = read('nested.pth')

  it('end in a value when bytes are changed', async () => {
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
        const bytes = whole.slice()
        for (const [at, value] of changes) bytes[at] = value
        expect(['Left', 'Right']).toContain((await everything(bytes))._tag)
      }),
      { numRuns: 300 },
    )
  })

  it('are refused when they are cut short', async () => {
    for (let length = 0; length < whole.length; length += 7)
      expect((await everything(whole.subarray(0, length)))._tag).toBe('Left')
  })

  it('end in a value when the pickle in them is changed or cut', async () => {
    const source = tensor({})
    await fc.assert(
      fc.asyncProperty(fc.nat(source.length - 1), fc.nat(255), fc.nat(source.length), async (at, value, length) => {
        const bytes = source.slice()
        bytes[at] = value
        expect(['Left', 'Right']).toContain((await everything(file(bytes)))._tag)
        expect(['Left', 'Right']).toContain((await everything(file(source.slice(0, length))))._tag)
      }),
      { numRuns: 500 },
    )
  })
})
