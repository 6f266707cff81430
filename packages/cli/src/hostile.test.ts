import { mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { encode, tensorView } from '@resfn/safetensors'
import { publishedFiles } from '@resfn/test-utils'
import { zipSync } from 'fflate'
import { beforeAll, describe, expect, it } from 'vitest'
import { filesOf } from './context/files.ts'
import { resfn, temporaryFolder } from './fixtures/context.ts'
import { writeImages } from './fixtures/images.ts'
import { contactSheet } from './image/contact-sheet.ts'
import { similarPage } from './image/similar-page.ts'
import type { Viewer } from './run/viewer.ts'
import { escapeMarkup } from './text/markup.ts'
import { plain } from './text/plain.ts'

const cwd = temporaryFolder()
const run = (...args: readonly string[]): ReturnType<typeof resfn> => resfn(args, { cwd })
const escape = '\u001b[2J\u009b31m\u202e'
const terminal = /(?![\n\t])[\p{Cc}\u202a-\u202e]/u

/** A file that claims so many bytes and takes none on the disk. */
const sparse = (path: string, bytes: number): void => {
  writeFileSync(path, '')
  truncateSync(path, bytes)
}

/** What a command says of a file, which it must refuse: by name, and without writing. */
const refused = async (...args: readonly string[]): Promise<{ readonly tag: string; readonly message: string }> => {
  const before = readdirSync(cwd)
  const { stdout, stderr, code } = await run(...args, '--json')
  expect({ code, stderr }).toMatchObject({ code: expect.any(Number) as number })
  expect(code).toBeGreaterThan(0)
  expect(readdirSync(cwd)).toEqual(before)
  return (JSON.parse(stdout) as { readonly error: { readonly tag: string; readonly message: string } }).error
}

const name = 'cifar-resnet8-b'

/** The header of a picture of 3.6 gigapixels, in a file of a hundred bytes. */
const vastPng = ((): Uint8Array => {
  const chunk = (type: string, data: readonly number[]): readonly number[] => {
    const body = [...Buffer.from(type), ...data]
    const word = (value: number): readonly number[] => [...new Uint8Array(new Uint32Array([value]).buffer)].reverse()
    return [...word(data.length), ...body, ...word(crc32(Uint8Array.from(body)))]
  }
  const size = [0, 0, 0xea, 0x60]
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk('IHDR', [...size, ...size, 8, 2, 0, 0, 0]),
    ...chunk('IDAT', [...deflateSync(new Uint8Array(1000))]),
    ...chunk('IEND', []),
  ])
})()

beforeAll(async () => {
  for (const folder of ['net', 'huge-config', 'deep-config']) {
    mkdirSync(join(cwd, folder))
    for (const [file, content] of Object.entries(await publishedFiles(name)))
      writeFileSync(join(cwd, folder, file), content as Uint8Array)
  }
})

describe('names that a terminal would obey', () => {
  it('are shown, and layout stays', () => {
    expect(plain(`a${escape}\tb\r\nc é 茶 👟`)).toBe('a\\u001b[2J\\u009b31m\\u202e\tb\\u000d\nc é 茶 👟')
  })

  it.each([
    [['summary', `net${escape}`]],
    [['predict', `cat${escape}.png`, '--net', 'net']],
    [['export', `run${escape}`, '--out', 'x.onnx']],
    [['data', 'describe', `photos${escape}`]],
    [[`command${escape}`]],
  ])('%j', async (args) => {
    for (const json of [[], ['--json']]) {
      const { stdout, stderr, code } = await run(...args, ...json)
      expect(code).toBeGreaterThan(0)
      expect(stdout + stderr).toContain('\\u001b[2J')
      expect(stdout + stderr).not.toMatch(terminal)
    }
  })
})

describe('names with markup', () => {
  const markup = `<script>alert(1)</script>"&${escape}\u0000\ud800`

  it('are text in pages and drawings', () => {
    expect(escapeMarkup(markup)).toBe(
      '&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;\\u001b[2J\\u009b31m\\u202e\\u0000\ufffd',
    )
  })

  it('are drawn on a sheet', async () => {
    const set = { images: new Uint8Array(16), labels: new Int32Array(1), shape: [4, 4, 1] as const, classes: [markup] }
    expect((await contactSheet(set, 1)).length).toBeGreaterThan(100)
  })

  it('are text in a page of similar pictures', async () => {
    const context = { files: filesOf() } as never
    const page = await similarPage(context, { name: markup } as Viewer, { query: '-', nearest: [] })
    expect(page).not.toContain('<script')
  })
})

describe('files that are huge or lie', () => {
  it('config.json of gigabytes', async () => {
    sparse(join(cwd, 'huge-config', 'config.json'), 2 ** 33)
    expect(await refused('export', 'huge-config', '--out', 'x.safetensors')).toMatchObject({
      tag: 'Unreadable',
      message: expect.stringContaining('8589934592 bytes') as string,
    })
  })

  it('config.json nested a million deep', async () => {
    const deep = `{"architecture":${'['.repeat(1e6)}${']'.repeat(1e6)}}`
    writeFileSync(join(cwd, 'deep-config', 'config.json'), deep)
    expect((await refused('export', 'deep-config', '--out', 'x.safetensors')).tag).toBe('WrongConfig')
  })

  it('a manifest of a line of a gigabyte', async () => {
    sparse(join(cwd, 'photos.csv'), 2 ** 30)
    expect(await refused('data', 'describe', 'photos.csv')).toMatchObject({
      tag: 'InvalidManifest',
      message: expect.stringContaining('1073741824 bytes') as string,
    })
  })

  it('a picture of gigabytes', async () => {
    sparse(join(cwd, 'cat.png'), 2 ** 32)
    expect((await refused('predict', 'cat.png', '--net', 'net', '--threads', '1')).tag).toBe('TooManyBytes')
  })

  it('safetensors with a header of a gigabyte', async () => {
    writeFileSync(join(cwd, 'w.safetensors'), new Uint8Array(new BigUint64Array([2n ** 30n]).buffer))
    truncateSync(join(cwd, 'w.safetensors'), 2 ** 31)
    expect((await refused('import', 'w.safetensors', '--net', name, '--out', 'x')).tag).toBe('HeaderTooLarge')
  })

  it('a zip bomb with the name of weights', async () => {
    writeFileSync(join(cwd, 'bomb.pth'), zipSync({ 'a/data.pkl': new Uint8Array(2 ** 24 + 1) }))
    writeFileSync(join(cwd, 'bomb.npz'), zipSync({ 'conv1.weight.npy': new Uint8Array(2 ** 24 + 1) }))
    for (const [file, tag] of [
      ['bomb.pth', 'TooLarge'],
      ['bomb.npz', 'OtherFormat'],
    ] as const)
      expect((await refused('import', file, '--net', name, '--out', 'x')).tag).toBe(tag)
  })

  it('shards that are cut short or missing', async () => {
    const tensors = [['fc.weight', tensorView('F32', [64, 10], new Float32Array(640))]] as const
    const shard = encode({ tensors })
    if (shard._tag === 'Left') throw new Error(shard.left.message)
    const index = (part: string): string => JSON.stringify({ weight_map: { 'fc.weight': part } })
    const files = [
      ['cut.safetensors', shard.right.subarray(0, 1000)],
      ['head.safetensors', shard.right.subarray(0, 20)],
      ['cut.safetensors.index.json', index('cut.safetensors')],
      ['head.safetensors.index.json', index('head.safetensors')],
      ['gone.safetensors.index.json', index('gone.safetensors')],
      ['above.safetensors.index.json', index('../cut.safetensors')],
    ] as const
    for (const [file, content] of files) writeFileSync(join(cwd, file), content)
    for (const [file, tag] of [
      ['cut', 'OutOfBounds'],
      ['head', 'HeaderOutOfBounds'],
      ['gone', 'ENOENT'],
      ['above', 'InvalidIndex'],
    ] as const)
      expect((await refused('import', `${file}.safetensors.index.json`, '--net', name, '--out', 'x')).tag).toBe(tag)
  })

  it('a log of a gigabyte', async () => {
    writeImages(join(cwd, 'images'), { train: 10, test: 10 })
    const { code } = await run(
      ...'train --preset lenet-bn --data images --batch 10 --epochs 1 --threads 1 --out logged'.split(' '),
    )
    expect(code).toBe(0)
    sparse(join(cwd, 'logged', 'log.jsonl'), 2 ** 30)
    expect(await refused('export', 'logged', '--format', 'hub', '--out', 'page')).toMatchObject({
      tag: 'TooManyBytes',
      message: expect.stringContaining('log.jsonl') as string,
    })
  })

  it('pictures of gigabytes when they are decoded', async () => {
    for (const label of ['a', 'b']) {
      mkdirSync(join(cwd, 'large', label), { recursive: true })
      for (const file of ['1.png', '2.png', '3.png', '4.png']) writeFileSync(join(cwd, 'large', label, file), vastPng)
    }
    writeFileSync(join(cwd, 'vast.png'), vastPng)
    const threads = ['--threads', '1']
    const before = process.memoryUsage.rss()
    for (const args of [
      ['predict', 'vast.png', '--net', 'net'],
      ['embed', 'vast.png', '--net', 'net', '--out', 'v.npy'],
      ['similar', 'vast.png', 'large', '--net', 'net'],
      ['explain', 'vast.png', '--net', 'net', '--out', 'o.png'],
    ])
      expect((await refused(...args, ...threads)).message, args[0]).toContain('60,000 x 60,000 pixels')
    // A run reads its photos after it has begun, so that its folder is there.
    const training = `train --net ${name} --resize 32 --data large --test-share 0.5 --strict --out run`
    const { stderr, code } = await run(...training.split(' '), ...threads)
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('60,000 x 60,000 pixels') as string })
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 29)
  })

  it('folders that lead to each other', async () => {
    for (const part of ['a', 'b']) mkdirSync(join(cwd, 'loops', part), { recursive: true })
    symlinkSync('../b', join(cwd, 'loops', 'a', 'b'))
    symlinkSync('../a', join(cwd, 'loops', 'b', 'a'))
    expect((await refused('data', 'describe', 'loops')).tag).toBe('NoClasses')
  })
})
