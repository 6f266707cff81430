import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { strToU8 } from 'fflate'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { arrayView, decodePickle, type PickledValue, type PickleError } from './index.ts'

const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`./fixtures/${name}`, import.meta.url)))

const { arrays } = JSON.parse(new TextDecoder().decode(read('arrays.json'))) as {
  readonly arrays: {
    readonly [key: string]: { readonly dtype: string; readonly shape: readonly number[]; readonly hex: string }
  }
}
const recordOf = (bytes: Uint8Array): ReadonlyMap<PickledValue, PickledValue> => {
  const decoded = decodePickle(bytes)
  if (E.isLeft(decoded)) throw new Error(decoded.left.message)
  if (!(decoded.right instanceof Map)) throw new Error('not a record')
  return decoded.right
}
const errorOf = (bytes: Uint8Array): PickleError => {
  const decoded = decodePickle(bytes)
  const result = E.isRight(decoded) ? arrayView(decoded.right) : decoded
  if (E.isRight(result)) throw new Error('it was read')
  return result.left
}

describe.each(['python-2', '2', '3', '4'])('a pickle of protocol %s', (protocol) => {
  const record = recordOf(read(`arrays-${protocol}.pkl`))

  it.each(Object.keys(arrays))('holds the array %s as NumPy does', (name) => {
    const view = arrayView(record.get(name))
    if (E.isLeft(view)) throw new Error(view.left.message)
    const { dtype, shape, data } = view.right
    expect({ dtype, shape, hex: Buffer.from(data).toString('hex') }).toEqual(arrays[name])
  })

  it('holds lists, texts, numbers and bytes', () => {
    expect(record.get('labels')).toEqual([6, 300])
    expect(record.get('name')).toBe('batch 1')
    expect(record.get('pair')).toEqual([1, null])
    expect(record.get('raw')).toEqual(new Uint8Array([0, 200, 255]))
    expect(record.get('again')).toBe(record.get('u1'))
  })
})

describe('pickles that are refused', () => {
  it.each<[name: string, tag: PickleError['_tag'], message: string]>([
    ['evil', 'ForbiddenGlobal', 'it asks for posix.system, which is not an array of numbers; nothing of a file is run'],
    ['objects', 'UnsupportedType', 'an array of O8 holds objects'],
    ['texts', 'UnsupportedType', 'an array has the type "<U3"'],
    ['records', 'UnsupportedType', 'an array holds records'],
    ['big-endian', 'UnsupportedType', 'an array has the type ">f4"'],
    ['number', 'ForbiddenGlobal', 'numpy._core.multiarray.scalar'],
    ['buffer', 'ForbiddenGlobal', 'numpy._core.numeric._frombuffer'],
  ])('%s', (name, tag, message) => {
    const error = errorOf(read(`refused-${name}.pkl`))
    expect(error._tag).toBe(tag)
    expect(error.message).toContain(message)
  })

  const pickle = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
    new Uint8Array([0x80, 2, ...parts.flatMap((part) => (typeof part === 'string' ? [...strToU8(part, true)] : part))])
  const array = 'cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n)U\u0001btR'

  it.each<[what: string, data: Uint8Array, tag: PickleError['_tag']]>([
    ['a tensor of PyTorch', pickle('ctorch._utils\n_rebuild_tensor_v2\n.'), 'ForbiddenGlobal'],
    ['a value outside of it', pickle('K\u0001Q.'), 'OtherFormat'],
    ['an import of os', pickle('cos\nsystem\n.'), 'ForbiddenGlobal'],
    ['another codec', pickle('c_codecs\nencode\n(U\u0001aU\u0004utf8tR.'), 'InvalidPickle'],
    [
      'letters that latin1 does not have',
      pickle('c_codecs\nencode\n(U\u0002', [0xc4, 0x80], 'U\u0006latin1tR.'),
      'InvalidPickle',
    ],
    ['an array of another class', pickle('cnumpy.core.multiarray\n_reconstruct\n(cnumpy\ndtype\ntR.'), 'InvalidPickle'],
    ['a class that is called', pickle('cnumpy\nndarray\n)R.'), 'InvalidPickle'],
    ['a state that is not one', pickle(array, 'Nb.'), 'InvalidPickle'],
    ['a shape below 0', pickle(array, '(K\u0001J', [255, 255, 255, 255], '\x85Nttb.'), 'InvalidPickle'],
    ['a state for a record', pickle('}Nb.'), 'InvalidPickle'],
  ])('%s', (_, data, tag) => {
    expect(errorOf(data)._tag).toBe(tag)
  })

  it('fewer bytes than the shape needs', () => {
    const bytes = read('arrays-python-2.pkl')
    // The shape (3, 4) of the first array becomes (3, 255).
    const at = Buffer.from(bytes).indexOf(Buffer.from([0x4b, 3, 0x4b, 4, 0x86]))
    bytes[at + 3] = 255
    expect(arrayView(recordOf(bytes).get('u1'))).toMatchObject({
      left: { _tag: 'InvalidTensor', message: expect.stringContaining('12 bytes, and shape (3, 255)') as string },
    })
  })

  it('bytes that are made again and again of one text', () => {
    const text = 'a'.repeat(200)
    const again = 'h\u0000(h\u0001h\u0002tR0'.repeat(50)
    const bomb = pickle('c_codecs\nencode\nq\u0000U', [200], text, 'q\u0001U\u0006latin1q\u0002000', again, 'N.')
    expect(errorOf(bomb).message).toContain('its calls make more than the file holds')
  })
})

it('damaged pickles end in a value', () => {
  const whole = read('arrays-python-2.pkl')
  const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255))
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), fc.nat(whole.length), (changes, length) => {
      const bytes = whole.slice()
      for (const [at, value] of changes) bytes[at] = value
      for (const each of [bytes, bytes.subarray(0, length)]) {
        const decoded = decodePickle(each)
        if (E.isRight(decoded) && decoded.right instanceof Map)
          for (const value of decoded.right.values()) expect(['Left', 'Right']).toContain(arrayView(value)._tag)
      }
    }),
    { numRuns: 300 },
  )
})
