import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createNet, nets } from '@resfn/archs'
import { torchvisionKeys } from '@resfn/archs/resnet/keys'
import { decodeCheckpoint } from '@resfn/checkpoint'
import { exportWeights } from '@resfn/export'
import { init } from '@resfn/layer'
import { key } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import { decode, encode, type TensorView, toFloat32 } from '@resfn/safetensors'
import { either as E } from 'fp-ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { resfn, temporaryFolder } from './fixtures/context.ts'
import { writeImages } from './fixtures/images.ts'

const cwd = temporaryFolder()
const run = (...args: readonly string[]): ReturnType<typeof resfn> => resfn(args, { cwd })
const json = (text: string): Readonly<Record<string, unknown>> => JSON.parse(text) as Readonly<Record<string, unknown>>
const right = <A>(result: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(cwd, name)))
const tensorsOf = (name: string): readonly (readonly [string, string])[] =>
  [...right(decode(read(name))).tensors].map(([path, { data }]) => [path, Buffer.from(data).toString('base64')])

const name = 'cifar-resnet8-b'
const input = [28, 28, 1]
const published = ['import', 'torch.safetensors', '--net', name, '--input', '28x28x1']

beforeAll(async () => {
  await useBackend('cpu')
  writeImages(join(cwd, 'images'))
  writeFileSync(join(cwd, 'text.pth'), 'not a file of PyTorch')
  const net = createNet(name, { channels: 1 })
  const file = right(await exportWeights(net, init(net, key(7), input), { input, keys: torchvisionKeys })())
  writeFileSync(join(cwd, 'torch.safetensors'), file)
  const halves = [...right(decode(file)).tensors]
  const shards = [halves.slice(0, 20), halves.slice(20)]
  shards.forEach((tensors, i) => writeFileSync(join(cwd, `part${i}.safetensors`), right(encode({ tensors }))))
  const map = Object.fromEntries(
    shards.flatMap((tensors, i) => tensors.map(([path]) => [path, `part${i}.safetensors`])),
  )
  writeFileSync(join(cwd, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }))
})

describe('resfn import', () => {
  it('makes a run that eval, predict and summary take', async () => {
    const { stdout, code } = await run(...published, '--out', 'imported', '--json')
    expect(code).toBe(0)
    expect(json(stdout)).toMatchObject({
      checkpoint: join(cwd, 'imported', 'checkpoint.safetensors'),
      net: name,
      input,
      classes: 10,
      drawn: [],
      adapted: [],
    })
    const { description } = right(decodeCheckpoint(read('imported/checkpoint.safetensors')))
    expect(description.net).toMatchObject({ name, input, classes: Array.from({ length: 10 }, (_, i) => `class ${i}`) })
    expect(await run('eval', 'imported', '--data', 'images', '--threads', '1')).toMatchObject({ code: 0 })
    expect(await run('predict', 'imported', '--index', '1', '--data', 'images', '--threads', '1')).toMatchObject({
      code: 0,
    })
    expect((await run('summary', 'imported')).stdout).toContain('(weights only)')
  })

  it('gives the same from several files', async () => {
    await run(...published, '--out', 'one.safetensors')
    await run('import', 'model.safetensors.index.json', ...published.slice(2), '--out', 'many.safetensors')
    expect(tensorsOf('many.safetensors')).toEqual(tensorsOf('one.safetensors'))
  })

  it.each(['lenet.pth', 'lenet.npz'])('reads %s, which Python wrote', async (file) => {
    const path = join(import.meta.dirname, 'fixtures', file)
    const { stdout, code } = await run('import', path, '--net', 'lenet-bn', '--out', `${file}.safetensors`, '--json')
    expect({ code, ...json(stdout) }).toMatchObject({ code: 0, net: 'lenet-bn', tensors: 26, drawn: [], adapted: [] })
    const { tensors } = right(decode(read(`${file}.safetensors`)))
    const values = (path: string): Float32Array => right(toFloat32(tensors.get(path)!))
    // Of filter 3, row 1 and column 2: at [3, 0, 1, 2] in the file, at [1, 2, 0, 3] here.
    expect(values('params.conv1.conv.weight')[(1 * 5 + 2) * 6 + 3]).toBe((3 * 5 + 1) * 5 + 2)
    expect(new Set(values('params.fc3.weight'))).toEqual(new Set([5 / 8]))
    expect(new Set(values('state.fc2.bn.variance'))).toEqual(new Set([26 / 8]))
  })

  it('takes a safetensors file whose header is as long as a pickle begins', async () => {
    const { tensors } = right(decode(read('torch.safetensors')))
    const headerOf = (file: Uint8Array): number => new DataView(file.buffer, file.byteOffset).getUint32(0, true)
    // 0x80 is how a pickle begins, and 2 to 5 the number of its protocol: only lengths up to 0x580 are both.
    const small = { tensors: [...tensors].slice(0, 2) }
    const named = right(encode({ ...small, metadata: [['note', '']] }))
    const file = right(encode({ ...small, metadata: [['note', ' '.repeat(0x280 - headerOf(named))]] }))
    expect([...file.subarray(0, 2)]).toEqual([0x80, 2])
    writeFileSync(join(cwd, 'pickled.safetensors'), file)
    const { stderr } = await run('import', 'pickled.safetensors', ...published.slice(2), '--out', 'x')
    expect(stderr).toMatch(/keys are missing/)
  })

  it('ends with Ctrl-C and leaves nothing', async () => {
    const files = readdirSync(cwd)
    const interrupts = () => ({ signal: AbortSignal.abort('SIGINT'), release: () => {} })
    const stopped = await resfn([...published, '--out', 'stopped.safetensors'], { cwd, interrupts })
    expect(stopped).toMatchObject({ code: 130, stderr: expect.stringContaining('was not written') as string })
    expect(readdirSync(cwd)).toEqual(files)
  })

  it('tells what it adapted and drew', async () => {
    const colour = createNet(name)
    await useBackend('cpu')
    const variables = init(colour, key(7), [28, 28, 3])
    const options = { input: [28, 28, 3], keys: torchvisionKeys }
    writeFileSync(join(cwd, 'colour.safetensors'), right(await exportWeights(colour, variables, options)()))
    const flags = ['--net', name, '--classes', '3', '--input', '28x28x1', '--out', 'changed.safetensors']
    const { stdout } = await run('import', 'colour.safetensors', ...flags)
    expect(stdout).toContain('adapted to [28,28,1] images: params.conv1.weight')
    expect(stdout).toContain('drawn, because the file has another number of classes: params.fc.weight, params.fc.bias')
  })

  it('lists the keys that do not fit, and writes nothing', async () => {
    const { tensors } = right(decode(read('torch.safetensors')))
    const renamed = [...tensors].map(([path, view]): [string, TensorView] => [path.replace('fc.', 'head.'), view])
    writeFileSync(join(cwd, 'renamed.safetensors'), right(encode({ tensors: renamed })))
    const { stderr, stdout, code } = await run(
      'import',
      'renamed.safetensors',
      ...published.slice(2),
      '--out',
      'none',
      '--json',
    )
    expect(code).toBe(1)
    expect(stderr).toMatch(/renamed\.safetensors, as cifar-resnet8-b of \w+: 2 keys are missing: fc\.weight/)
    expect(json(stdout)).toMatchObject({ error: { tag: 'OtherKeys' } })
    expect(existsSync(join(cwd, 'none'))).toBe(false)
  })

  it.each([
    [['import', '.', '--net', name, '--out', 'x'], 2, 'is a folder; give a file of weights'],
    [['import', 'nothing', '--net', name, '--out', 'x'], 1, 'there is no such file'],
    [['import', 'torch.safetensors', '--net', 'cifar-resnet9-b', '--out', 'x'], 2, 'did you mean cifar-resnet8-b'],
    [[...published, '--out', 'x', '--format', 'kears'], 2, 'there is no format "kears"'],
    [['import', 'images', '--out', 'x'], 2, '--net'],
    [['import', 'text.pth', '--net', name, '--out', 'x'], 1, 'it is not a zip file, as torch.save writes'],
    [['import', 'torch.safetensors', '--net', name, '--out', 'torch.safetensors'], 2, 'is the file that is read'],
  ])('%j fails with a message', async (args, exitCode, message) => {
    const { stderr, code } = await run(...args)
    expect({ code, stderr }).toEqual({ code: exitCode, stderr: expect.stringContaining(message) as string })
  })

  it('leaves a run alone, and no part of a file that cannot be read to its end', async () => {
    await run(...published, '--out', 'taken')
    const before = read('taken/checkpoint.safetensors')
    expect(await run(...published, '--out', 'taken')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('already holds a run') as string,
    })
    expect(Buffer.compare(read('taken/checkpoint.safetensors'), before)).toBe(0)
    const index = JSON.parse(new TextDecoder().decode(read('model.safetensors.index.json'))) as { weight_map: object }
    writeFileSync(
      join(cwd, 'broken.json'),
      JSON.stringify({ weight_map: { ...index.weight_map, 'fc.bias': 'gone.safetensors' } }),
    )
    const files = readdirSync(cwd).length
    expect(await run('import', 'broken.json', ...published.slice(2), '--out', 'broken.safetensors')).toMatchObject({
      code: 1,
    })
    expect(readdirSync(cwd).length).toBe(files)
  })
})

describe('resfn train --from', () => {
  it('begins with the weights of a checkpoint', async () => {
    await run(...published, '--out', 'start')
    const flags = ['--data', 'images', '--batch', '20', '--epochs', '0', '--threads', '1', '--out', 'trained']
    expect(await run('train', '--from', 'start', ...flags)).toMatchObject({ code: 0 })
    const weights = (file: string) => tensorsOf(file).filter(([path]) => !path.startsWith('optimiser.'))
    expect(weights('trained/checkpoint.safetensors')).toEqual(weights('start/checkpoint.safetensors'))
    expect(await run('train', '--resume', 'trained', '--threads', '1')).toMatchObject({ code: 0 })
  })

  it('is refused for other images than those of the checkpoint', async () => {
    await run('import', 'torch.safetensors', '--net', name, '--input', '32x32x1', '--out', 'larger')
    expect(await run('train', '--from', 'larger', '--data', 'images', '--threads', '1', '--out', 'y')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /larger.checkpoint.*it was made for cifar-resnet8-b on \[32,32,1\] images.*--input 28x28x1 --classes 10/,
      ) as string,
    })
  })
})

describe('resfn export', () => {
  it('gives back the file that was imported', async () => {
    await run(...published, '--out', 'back')
    const { stdout, code } = await run('export', 'back', '--out', 'back.safetensors', '--json')
    expect(code).toBe(0)
    const format = Object.keys(nets[name]!.keys ?? { resfn: [] })[0]
    expect(json(stdout)).toMatchObject({ net: name, format, file: join(cwd, 'back.safetensors') })
    expect(Buffer.compare(read('back.safetensors'), read('torch.safetensors'))).toBe(0)
  })

  it('knows the formats of the net', async () => {
    expect(await run('export', 'back', '--out', 'x.safetensors', '--format', 'keras9')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no format "keras9".*cifar-resnet8-b is known in/) as string,
    })
    expect(await run('export', 'resnet50', '--out', 'x.safetensors')).toMatchObject({ code: 2 })
    expect(await run('export', 'back', '--out', 'x.pth')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a name that ends in .safetensors') as string,
    })
    expect(await run('export', 'back', '--out', 'back/checkpoint.safetensors')).toMatchObject({ code: 2 })
  })
})
