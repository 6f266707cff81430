import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { resfn, temporaryFolder } from './fixtures/context.ts'
import { writeImages } from './fixtures/images.ts'
import { lenetWeights } from './fixtures/weights.ts'

const json = (text: string): Readonly<Record<string, unknown>> => JSON.parse(text) as Readonly<Record<string, unknown>>

const cwd = temporaryFolder()
const run = (...args: readonly string[]): ReturnType<typeof resfn> => resfn(args, { cwd })

beforeAll(async () => {
  writeImages(join(cwd, 'own'))
  writeImages(join(cwd, 'others'), { test: 30 })
  const flags = [
    '--net',
    'lenet-bn',
    '--data',
    'own',
    '--batch',
    '20',
    '--epochs',
    '1',
    '--threads',
    '1',
    '--out',
    'run',
  ]
  expect(await run('train', '--preset', 'lenet-bn', ...flags)).toMatchObject({ code: 0 })
})

describe('a run', () => {
  it('is evaluated on its own images', async () => {
    const { stdout, stderr } = await run('eval', 'run', '--threads', '1', '--json')
    expect(stderr).toContain(`20 test images from ${join(cwd, 'own')} (those of the run)`)
    expect(stderr).not.toContain('other images')
    expect(json(stdout)).toMatchObject({ examples: 20 })
    expect((await run('predict', 'run', '--index', '19', '--threads', '1')).stderr).toContain('(those of the run)')
  })

  it('is evaluated on other images with a warning', async () => {
    const { stdout, stderr } = await run('eval', 'run', '--data', 'others', '--threads', '1', '--json')
    expect(stderr).toContain('warning: these are other images than those of the run')
    expect(json(stdout)).toMatchObject({ examples: 30 })
  })

  it('says which images are missing, and that others can be named', async () => {
    renameSync(join(cwd, 'own'), join(cwd, 'away'))
    const { stderr, code } = await run('eval', 'run', '--threads', '1')
    renameSync(join(cwd, 'away'), join(cwd, 'own'))
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^resfn: the images of the run: there is no folder .*own.*; or name other images with --data$/m,
    )
  })

  it('is summarised, by its folder and by its file', async () => {
    const found = json((await run('summary', 'run', '--json')).stdout)
    const checkpoint = join(cwd, 'run', 'checkpoint.safetensors')
    expect(found).toMatchObject({ net: 'lenet-bn', checkpoint, epochs: 1, steps: 3, params: 44878, output: [10] })
    expect(json((await run('summary', checkpoint, '--json')).stdout)).toEqual(found)
    expect((await run('summary', 'run')).stdout).toContain(`lenet-bn: ${checkpoint} (epoch 1, step 3), 10 classes`)
    expect(await run('summary', 'run', '--classes', '3')).toMatchObject({ code: 2 })
  })
})

describe('weights that a program wrote', () => {
  const write = async (file: string, name: string, input: readonly number[]): Promise<void> => {
    writeFileSync(join(cwd, file), await lenetWeights(name, input))
  }
  beforeAll(async () => {
    await write('weights.safetensors', 'lenet-bn', [28, 28, 1])
    await write('mine.safetensors', 'my-net', [28, 28, 1])
    await write('large.safetensors', 'lenet-bn', [32, 32, 1])
    await write('coloured.safetensors', 'lenet-bn', [28, 28, 3])
    writeFileSync(
      join(cwd, 'picture.png'),
      await sharp({ create: { width: 9, height: 9, channels: 3, background: '#444' } })
        .png()
        .toBuffer(),
    )
  })

  it('are evaluated, with the images prepared as far as the file says it', async () => {
    const { stdout, stderr } = await run('eval', 'weights.safetensors', '--data', 'own', '--threads', '1', '--json')
    expect(stderr).toContain(
      'the checkpoint does not say how its images were prepared: they are not normalised (see --normalise)',
    )
    const { loss } = json(stdout)
    const normalised = await run(
      'eval',
      'weights.safetensors',
      '--data',
      'own',
      '--normalise',
      '--threads',
      '1',
      '--json',
    )
    expect(normalised.stderr).toContain('they are normalised')
    expect(json(normalised.stdout)['loss']).not.toBe(loss)
  })

  it('are given images of the size of the net, or none', async () => {
    expect(await run('eval', 'large.safetensors', '--data', 'own', '--threads', '1')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('resized to 32 x 32 and not normalised') as string,
    })
    expect(await run('eval', 'coloured.safetensors', '--data', 'own', '--threads', '1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('its net takes [28,28,3] images, the data has [28,28,1]') as string,
    })
  })

  it('predict, and are summarised', async () => {
    const { stdout } = await run('predict', 'weights.safetensors', 'picture.png', '--threads', '1', '--json')
    expect(json(stdout)).toMatchObject({ net: 'lenet-bn', images: [{ predictions: { length: 5 } }] })
    expect((await run('summary', 'weights.safetensors')).stdout).toContain('(weights only)')
  })

  it('of a net that resfn does not know need --net', async () => {
    expect(await run('eval', 'mine.safetensors', '--data', 'own')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /mine\.safetensors: it was made for a net "my-net", which resfn does not know; .*--net/,
      ) as string,
    })
    const asked = ['--net', 'lenet-bn']
    expect((await run('eval', 'mine.safetensors', '--data', 'own', '--threads', '1', ...asked)).code).toBe(0)
    expect((await run('summary', 'mine.safetensors', ...asked)).code).toBe(0)
    expect(
      await run('eval', 'mine.safetensors', '--data', 'own', '--net', 'cifar-resnet8', '--threads', '1'),
    ).toMatchObject({
      code: 1,
    })
  })

  it('are not resumed', async () => {
    mkdirSync(join(cwd, 'folder'))
    renameSync(join(cwd, 'large.safetensors'), join(cwd, 'folder', 'checkpoint.safetensors'))
    expect(await run('train', '--resume', 'folder')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('it was not written by this release of resfn train') as string,
    })
    rmSync(join(cwd, 'folder'), { recursive: true })
  })
})

describe('a checkpoint that asks for more memory than there is', () => {
  /** The checkpoint of the run with another text in its header. */
  const changed = (file: string, from: string, to: string): void => {
    const bytes = readFileSync(join(cwd, 'run', 'checkpoint.safetensors'))
    const end = 8 + Number(bytes.readBigUInt64LE())
    const header = Buffer.from(bytes.toString('utf8', 8, end).replace(from, to))
    expect(header.equals(bytes.subarray(8, end))).toBe(false)
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(header.length))
    writeFileSync(join(cwd, file), Buffer.concat([length, header, bytes.subarray(end)]))
  }

  it.each([
    ['by the size of its images', '"image":[28,28,1]', '"image":[20000,20000,3]', 'give a whole number from 1 to 2048'],
    [
      'by the size of its input',
      '"input":[28,28,1]',
      '"input":[20000,20000,3]',
      'description.net.input is [20000,20000,3], not the shape of a sample of at most',
    ],
    ['by the size that it resizes to', '"resize":0', '"resize":14000', 'resize: give a whole number from 0 to 2048'],
  ])('%s is refused', async (_, from, to, message) => {
    const escaped = (text: string): string => text.replaceAll('"', '\\"')
    changed('huge.safetensors', escaped(from), escaped(to))
    mkdirSync(join(cwd, 'huge'), { recursive: true })
    renameSync(join(cwd, 'huge.safetensors'), join(cwd, 'huge', 'checkpoint.safetensors'))
    const { stderr, code } = await run('train', '--resume', 'huge')
    expect(code).toBe(1)
    expect(stderr).toContain(message)
    const before = process.memoryUsage().rss
    await run('predict', 'huge', 'picture.png', '--threads', '1')
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000)
  })
})

describe('what is not a checkpoint', () => {
  it.each([
    [
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\n',
      'it is a Git LFS pointer, not the file that it points to; fetch the file itself, for example by `git lfs pull`',
    ],
    [
      Buffer.from('PK\u0003\u0004archive'),
      'it is a zip file, as PyTorch writes .pth, .pt and .bin; read it with @resfn/import, or on the command line: resfn import FILE',
    ],
    [Buffer.from([0x80, 2, 0x8a]), 'it is a pickle, as PyTorch wrote .pth, .pt'],
    [Buffer.from([0x89, 0x48, 0x44, 0x46]), 'it is an HDF5 file, as Keras writes'],
    [Buffer.from([0x1f, 0x8b, 8, 0]), 'it is compressed with gzip; decompress it first'],
    ['anything else', 'not safetensors'],
  ])('%j is named', async (content, message) => {
    writeFileSync(join(cwd, 'file'), content)
    for (const args of [
      ['eval', 'file'],
      ['predict', 'file', 'picture.png'],
      ['summary', 'file'],
    ])
      expect(await run(...args)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`${join(cwd, 'file')}: `) as string,
      })
    expect((await run('eval', 'file')).stderr).toContain(message)
  })

  it('may be the name of a net', async () => {
    for (const args of [
      ['eval', 'resnet50'],
      ['predict', 'resnet50', 'picture.png'],
    ])
      expect(await run(...args)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('resnet50 is the name of a net, and its weights are needed') as string,
      })
  })

  it('may not be there at all', async () => {
    expect(await run('summary', './nowhere')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no such file') as string,
    })
  })
})
