import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createNet, type CreatedNet } from '@resfn/archs'
import { torchvisionKeys } from '@resfn/archs/resnet/keys'
import { exportWeights } from '@resfn/export'
import { loadNet } from '@resfn/hub'
import { init, type Variables } from '@resfn/layer'
import { key, normal } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import { publishedFiles, relativeError } from '@resfn/test-utils'
import { loadGraphModel } from '@tensorflow/tfjs-converter'
import { tensor, transpose } from '@tensorflow/tfjs-core'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { beforeAll, describe, expect, it } from 'vitest'
import { resfn, temporaryFolder } from './fixtures/context.ts'

const cwd = temporaryFolder()
const run = (...args: readonly string[]): ReturnType<typeof resfn> => resfn(args, { cwd })
const json = (text: string): Readonly<Record<string, unknown>> => JSON.parse(text) as Readonly<Record<string, unknown>>

const name = 'cifar-resnet8-b'
const input = [28, 28, 1]
const batch = [3, ...input]
let net: CreatedNet
let variables: Variables<unknown, unknown>

beforeAll(async () => {
  await useBackend('cpu')
  net = createNet(name, { channels: 1 })
  variables = init(net, key(7), input)
  const file = await exportWeights(net, variables, { input, keys: torchvisionKeys })()
  if (file._tag === 'Left') throw new Error(file.left.message)
  writeFileSync(join(cwd, 'torch.safetensors'), file.right)
  await run('import', 'torch.safetensors', '--net', name, '--input', '28x28x1', '--out', 'run')
})

/** What the net itself gives, and the batch. */
const ours = async () => {
  await useBackend('cpu')
  const x = tensor(normal(key(1), 3 * 28 * 28), batch)
  return { x, y: net.apply(variables.params, x, variables.state) }
}

/** Serves a folder as a page is served. */
const serve = async (folder: string): Promise<{ readonly url: string; readonly close: () => void }> => {
  const server = createServer((request, response) => response.end(readFileSync(join(folder, request.url!))))
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}

describe('resfn export of a folder with config.json', () => {
  it('says in the model what is done to pictures, and gives its weights the keys of others', async () => {
    const folder = join(cwd, 'published')
    mkdirSync(folder)
    for (const [file, content] of Object.entries(await publishedFiles(name)))
      writeFileSync(join(folder, file), content as Uint8Array)
    const { stdout, code, stderr } = await run('export', 'published', '--out', 'published.onnx', '--json')
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(json(stdout)).toMatchObject({ checkpoint: null, source: folder, net: name, input: ['batch', 3, 32, 32] })
    const text = readFileSync(join(cwd, 'published.onnx'), 'latin1')
    expect(text).toMatch(/"cropFraction":[\d.]+/)
    const other = await run('export', 'published', '--out', 'other.safetensors', '--format', 'akamaster', '--json')
    expect(json(other.stdout)).toMatchObject({ format: 'akamaster', net: name })
    const weights = readFileSync(join(cwd, 'other.safetensors'), 'latin1')
    expect(weights).toContain('layer2.0.shortcut.0.weight')
  })
})

describe('resfn export --format tfjs', () => {
  it.each(['kept', 'folded'])(
    'writes a folder that tf.loadGraphModel reads, batch normalisation %s',
    async (batchNorm) => {
      const out = `page-${batchNorm}`
      const flags = ['--out', out, '--format', 'tfjs', '--batch-norm', batchNorm]
      const { stdout, code } = await run('export', 'run', ...flags, '--json')
      expect(code).toBe(0)
      expect(json(stdout)).toMatchObject({
        format: 'tfjs',
        net: name,
        file: join(cwd, out),
        batchNorm,
        input: ['batch', 28, 28, 1],
        output: ['batch', 10],
        files: ['model.json', 'group1-shard1of1.bin'].map((file) => join(cwd, out, file)),
      })
      const { x, y } = await ours()
      const { url, close } = await serve(join(cwd, out))
      const page = await loadGraphModel(`${url}/model.json`)
      close()
      expect(relativeError(page.predict(x) as typeof y, y)).toBeLessThan(1e-5)
      expect(page.metadata).toMatchObject({ net: name })
      const kinds = readFileSync(join(cwd, out, 'model.json'), 'utf8')
      expect(kinds.includes('FusedBatchNormV3')).toBe(batchNorm === 'kept')
      expect(await run('export', 'run', ...flags)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('is a folder that holds something') as string,
      })
    },
  )
})

describe('resfn export --format hub', () => {
  it('writes a folder that says all of the net, with the same classes of pictures', async () => {
    const flags = ['--format', 'hub', '--dtype', 'float16', '--json']
    const { stdout, code, stderr } = await run('export', 'run', '--out', 'hub', ...flags)
    expect({ code, stderr }).toMatchObject({ code: 0 })
    const folder = join(cwd, 'hub')
    const sha256 = createHash('sha256')
      .update(readFileSync(join(folder, 'model.safetensors')))
      .digest('hex')
    const files = ['model.safetensors', 'README.md', 'config.json'].map((file) => join(folder, file))
    expect(json(stdout)).toMatchObject({ format: 'hub', keys: 'torchvision', net: name, sha256, files })
    const card = readFileSync(join(folder, 'README.md'), 'utf8')
    expect(card).toContain(`float16, SHA-256 \`${sha256}\``)
    expect(card).toContain('does not say how they were trained')
    const [loaded, { x, y }] = [await loadNet(folder)(), await ours()]
    if (loaded._tag === 'Left') throw new Error(loaded.left.message)
    const { params, state, ...said } = loaded.right
    expect(said).toMatchObject({
      name,
      classes: Array.from({ length: 10 }, (_, label) => `class ${label}`),
      preprocessing: { size: [28, 28], channels: 1, interpolation: 'bicubic', cropMode: 'border', cropFraction: 1 },
    })
    // A half has 11 bits.
    expect(relativeError(said.net.apply(params, x, state), y)).toBeLessThan(5e-3)
    expect(await run('export', 'run', '--out', 'hub', ...flags)).toMatchObject({ code: 2 })
  })
})

describe('resfn export --out net.onnx', () => {
  it.each(['kept', 'folded'])(
    'writes a model with the logits of the net, batch normalisation %s',
    async (batchNorm) => {
      const { stdout, stderr, code } = await run(
        'export',
        'run',
        '--out',
        'net.onnx',
        '--batch-norm',
        batchNorm,
        '--json',
      )
      expect({ code, stderr }).toMatchObject({ code: 0 })
      const file = join(cwd, 'net.onnx')
      expect(json(stdout)).toMatchObject({
        file,
        files: [file],
        net: name,
        checkpoint: join(cwd, 'run', 'checkpoint.safetensors'),
        format: 'onnx',
        batchNorm,
        input: ['batch', 1, 28, 28],
        output: ['batch', 10],
      })
      const session = await InferenceSession.create(file)
      const { x, y } = await ours()
      const given = await transpose(x, [0, 3, 1, 2]).data<'float32'>()
      const { output } = await session.run({ input: new Tensor('float32', given, [3, 1, 28, 28]) })
      expect(relativeError(tensor(output!.data as Float32Array, [3, 10]), y)).toBeLessThan(1e-5)
      await session.release()
      const text = readFileSync(file, 'latin1')
      expect(text).toContain('layer2.0.downsample.0.weight')
      expect(text).toContain('["class 0"')
      expect(text.includes('running_mean')).toBe(batchNorm === 'kept')
    },
  )

  it('says what it wrote', async () => {
    const { stdout } = await run('export', 'run', '--out', 'net.onnx', '--format', 'onnx')
    expect(stdout).toMatch(/^cifar-resnet8-b: 30 operators \(ONNX 17\) and \d+ tensors in .*net\.onnx\n$/)
  })

  it.each(['onnx', 'tfjs', 'hub'])('leaves nothing of what Ctrl-C stops as %s', async (format) => {
    const files = readdirSync(cwd)
    const interrupts = () => ({ signal: AbortSignal.abort('SIGINT'), release: () => {} })
    const stopped = await resfn(
      ['export', 'run', '--out', format === 'onnx' ? 'stopped.onnx' : 'stopped', '--format', format],
      { cwd, interrupts },
    )
    expect(stopped).toMatchObject({ code: 130, stderr: expect.stringContaining('was not written') as string })
    expect(readdirSync(cwd)).toEqual(files)
  })

  it.each([
    [
      ['run', '--out', 'net.pb'],
      2,
      'the ending says how it is written; give it a name that ends in .safetensors or .onnx',
    ],
    [['run', '--out', 'net.safetensors', '--format', 'onnx'], 2, 'give it a name that ends in .onnx'],
    [['run', '--out', 'net.onnx', '--format', 'tfjs'], 2, 'which is a folder; give it a name without an ending'],
    [['run', '--out', 'page', '--format', 'timm'], 2, 'or say --format tfjs or hub, or --recipe, for a folder'],
    [['run', '--out', 'page.onnx', '--format', 'hub'], 2, 'which is a folder; give it a name without an ending'],
    [['run', '--out', 'net.onnx', '--dtype', 'float16'], 2, 'leave out --dtype float16'],
    [['run', '--out', 'net.onnx', '--format', 'kears'], 2, 'there is no format "kears"'],
    [['run', '--out', 'net.safetensors', '--batch-norm', 'folded'], 2, 'leave out --batch-norm'],
    [['run', '--out', 'net.onnx', '--batch-norm', 'melted'], 2, 'melted'],
    [['run', '--out', 'net.onnx', '--backend', 'wsam'], 2, 'did you mean wasm'],
    [['nothing', '--out', 'net.onnx'], 1, 'there is no such file'],
    [['run'], 2, '--out'],
  ])('%j fails with a message, and writes nothing', async (args, exitCode, message) => {
    const before = readdirSync(cwd)
    const { stderr, code } = await run('export', ...args)
    expect({ code, stderr }).toEqual({ code: exitCode, stderr: expect.stringContaining(message) as string })
    expect(readdirSync(cwd)).toEqual(before)
  })

  it('is explained with examples', async () => {
    const { stdout } = await run('export', '--help')
    expect(stdout).toContain('net.onnx')
    expect(stdout).toContain('--batch-norm')
  })
})
