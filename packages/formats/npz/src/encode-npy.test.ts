import fc from 'fast-check'
import { either as E } from 'fp-ts'
import { expect, it } from 'vitest'
import { decodeNpy, encodeNpy } from './index.ts'

it('gives the bytes of numpy.save', () => {
  // numpy.save of numpy.array([[1, 2, 3], [4, 5, 6]], dtype='float32'), NumPy 2.4.6.
  const file = new Uint8Array(
    Buffer.from(
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAIA/AAAAQAAAQEAAAIBAAACgQAAAwEA=',
      'base64',
    ),
  )
  const data = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)
  expect(encodeNpy({ dtype: 'F32', shape: [2, 3], data })).toEqual(E.right(file))
})

it('is the inverse of decodeNpy, with the data from a multiple of 64 bytes on', () => {
  const shapes = fc.array(fc.nat(5), { maxLength: 4 })
  const types = fc.constantFrom(['U8', 1] as const, ['F16', 2] as const, ['F32', 4] as const, ['I64', 8] as const)
  fc.assert(
    fc.property(shapes, types, fc.nat(255), (shape, [dtype, size], first) => {
      const bytes = shape.reduce((product, side) => product * side, size)
      const array = { dtype, shape, data: Uint8Array.from({ length: bytes }, (_, i) => (first + i) % 256) }
      const file = encodeNpy(array)
      if (E.isLeft(file)) throw new Error(file.left.message)
      expect((file.right.length - bytes) % 64).toBe(0)
      expect(decodeNpy(file.right)).toEqual(E.right(array))
    }),
  )
})

it('says what NumPy cannot hold, and what does not fit', () => {
  expect(encodeNpy({ dtype: 'BF16', shape: [1], data: new Uint8Array(2) })).toMatchObject({
    left: { _tag: 'UnsupportedType' },
  })
  expect(encodeNpy({ dtype: 'F32', shape: [2], data: new Uint8Array(4) })).toMatchObject({
    left: { _tag: 'SizeMismatch', message: expect.stringContaining('shape (2,) of F32 needs 8') },
  })
})
