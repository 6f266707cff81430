import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { either as E } from 'fp-ts'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, describe, expect, it } from 'vitest'
import { encode, type EncodeOptions, type Initialiser, type Model, type Port } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'resfn-onnx-'))
afterAll(() => rmSync(folder, { recursive: true }))

const bytesOf = (values: Float32Array | BigInt64Array): Uint8Array => new Uint8Array(values.buffer)

const floats = (name: string, shape: readonly number[], values: readonly number[]): Initialiser => ({
  name,
  type: 'float',
  shape,
  read: async () => bytesOf(new Float32Array(values)),
})

const port = (name: string, width: number): Port => ({ name, type: 'float', shape: ['batch', width] })

const padded = (values: readonly number[]): readonly number[] => [...values, ...Array(300 - values.length).fill(0)]

/** y = min(x w / 2 + b, 5); only the first three features have weights. */
const model: Model = {
  name: 'affine',
  producer: ['resfn', 'test'],
  opset: 17,
  inputs: [port('x', 300)],
  outputs: [port('y', 2)],
  operators: [
    {
      type: 'Gemm',
      name: 'fc',
      inputs: ['x', 'fc.weight', 'fc.bias'],
      outputs: ['fc'],
      attributes: { transB: { int: 1 }, alpha: { float: 0.5 } },
    },
    { type: 'Clip', name: 'clip', inputs: ['fc', '', 'five'], outputs: ['clip'] },
    {
      type: 'Transpose',
      name: 'turn',
      inputs: ['clip'],
      outputs: ['turned'],
      attributes: { perm: { ints: [0, 1] } },
    },
    { type: 'Reshape', name: 'shape', inputs: ['turned', 'sizes'], outputs: ['y'] },
  ],
  initialisers: [
    floats('fc.weight', [2, 300], [...padded([1, 2, 3]), ...padded([-1, 0, 4])]),
    floats('fc.bias', [2], [0.5, -0.5]),
    floats('five', [], [5]),
    { name: 'sizes', type: 'int64', shape: [2], read: async () => bytesOf(new BigInt64Array([-1n, 2n])) },
  ],
  metadata: { classes: 'a, ü' },
}

const right = <A>(result: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

const joined = async (parts: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}

const write = async (name: string, options: EncodeOptions = {}): Promise<string> => {
  const encoded = right(encode(model, options))
  const bytes = await joined(encoded.parts())
  expect(bytes.length).toBe(encoded.length)
  writeFileSync(join(folder, name), bytes)
  if (options.beside !== undefined) writeFileSync(join(folder, options.beside), await joined(encoded.beside()))
  return join(folder, name)
}

const run = async (path: string): Promise<readonly number[]> => {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1 })
  const { y } = await session.run({
    x: new Tensor('float32', new Float32Array([...padded([1, 0, 2]), ...padded([0, 1, 0])]), [2, 300]),
  })
  await session.release()
  return [...(y!.data as Float32Array)]
}

describe('a model', () => {
  it('runs in ONNX Runtime, for any batch', async () => {
    expect(await run(await write('inside.onnx'))).toEqual([4, 3, 1.5, -0.5])
  })

  it('runs with its tensors in a file beside it, those that are large', async () => {
    const path = await write('apart.onnx', { beside: 'apart.onnx.data' })
    expect(await run(path)).toEqual([4, 3, 1.5, -0.5])
    const { beside } = right(encode(model, { beside: 'apart.onnx.data' }))
    expect((await joined(beside())).length).toBe(4096)
  })

  it('has the fields of onnx.proto: version, producer, opset, texts, then the graph', async () => {
    const reader = new BinaryReader(await joined(right(encode(model)).parts()))
    const fields: unknown[] = []
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag()
      if (type === WireType.Varint) fields.push([field, Number(reader.int64())])
      else fields.push([field, field === 7 ? reader.bytes().length > 2400 : new TextDecoder().decode(reader.bytes())])
    }
    expect(fields).toEqual([
      [1, 8],
      [2, 'resfn'],
      [3, 'test'],
      [8, '\n\0\u0010\u0011'],
      [14, '\n\u0007classes\u0012\u0005a, ü'],
      [7, true],
    ])
  })

  it('reads a tensor only when its bytes are taken', async () => {
    const reads: string[] = []
    const watched = model.initialisers.map((tensor) => ({
      ...tensor,
      read: async () => (reads.push(tensor.name), tensor.read()),
    }))
    const { parts } = right(encode({ ...model, initialisers: watched }))
    expect(reads).toEqual([])
    for await (const part of parts()) if (part.length === 2400) break
    expect(reads).toEqual(['fc.weight'])
  })
})

describe('a model that cannot be written', () => {
  const tagOf = (changed: Partial<Model>): string => {
    const result = encode({ ...model, ...changed })
    return E.isLeft(result) ? `${result.left._tag} ${result.left.message}` : 'right'
  }

  it('has two values of one name', () => {
    expect(tagOf({ initialisers: [...model.initialisers, floats('five', [], [6])] })).toBe(
      'DuplicateName five: two values have this name; give each its own',
    )
    expect(tagOf({ operators: [...model.operators, model.operators[0]!] })).toMatch(/^DuplicateName fc: /)
  })

  it('reads what nothing before makes', () => {
    expect(tagOf({ operators: model.operators.toReversed() })).toBe(
      'UnknownValue shape: it reads turned, which nothing before it makes; put its maker first',
    )
    expect(tagOf({ outputs: [port('z', 2)] })).toMatch(/^UnknownValue z: nothing makes this output/)
  })

  it('has more than 2 GiB inside', () => {
    const large = floats('large', [1 << 16, 1 << 13], [])
    expect(tagOf({ initialisers: [...model.initialisers, large] })).toMatch(/^TooLarge affine: .*put them beside it$/)
    expect(E.isRight(encode({ ...model, initialisers: [...model.initialisers, large] }, { beside: 'a' }))).toBe(true)
  })
})

const python = process.env['RESFN_PYTHON']

describe.skipIf(python === undefined)('the checker of onnx, with RESFN_PYTHON', () => {
  it('finds nothing wrong', async () => {
    const script = [
      'import onnx, sys',
      'for path in sys.argv[1:]: onnx.checker.check_model(path, full_check=True)',
      'model = onnx.load(sys.argv[1])',
      'print(model.graph.name, model.opset_import[0].version, model.metadata_props[0].value, len(model.graph.node))',
    ].join('\n')
    const paths = [await write('inside.onnx'), await write('apart.onnx', { beside: 'apart.onnx.data' })]
    expect(execFileSync(python!, ['-c', script, ...paths], { encoding: 'utf8' })).toBe('affine 17 a, ü 4\n')
  })
})
