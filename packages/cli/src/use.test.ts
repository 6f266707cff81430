import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cifarResnet } from '@resfn/archs/cifar-resnet'
import { encodeWeights } from '@resfn/checkpoint'
import { init } from '@resfn/layer'
import { decodeNpy } from '@resfn/npz'
import { key } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import { toFloat32 } from '@resfn/safetensors'
import { either as E, function as F } from 'fp-ts'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { resfn, temporaryFolder } from './fixtures/context.ts'

const cwd = temporaryFolder()
const look = ['--net', 'net.safetensors', '--threads', '1']
const run = (...args: readonly string[]): ReturnType<typeof resfn> => resfn(args, { cwd })
const json = async <T>(...args: readonly string[]): Promise<T> => {
  const { stdout, stderr, code } = await run(...args, '--json')
  expect({ code, stderr }).toMatchObject({ code: 0 })
  return JSON.parse(stdout) as T
}

/** A bar in a row. */
const picture = (row: number): Promise<Buffer> =>
  sharp(
    Uint8Array.from({ length: 16 * 16 }, (_, at) => (Math.floor(at / 16) === row ? 255 : 0)),
    { raw: { width: 16, height: 16, channels: 1 } },
  )
    .png()
    .toBuffer()

beforeAll(async () => {
  await useBackend('cpu')
  const classes = ['cat', 'dog', 'ship']
  const input = [16, 16, 3]
  const net = cifarResnet({ depth: 8, classes: 3 })
  const weights = encodeWeights(init(net, key(0), input), { net: { name: 'cifar-resnet8', input, classes } })
  const encoded = await weights()
  if (encoded._tag === 'Left') throw new Error(encoded.left.message)
  writeFileSync(join(cwd, 'net.safetensors'), encoded.right)
  mkdirSync(join(cwd, 'photos'))
  for (const row of [2, 5, 9, 13]) writeFileSync(join(cwd, `photos/row ${row}.png`), await picture(row))
  writeFileSync(join(cwd, 'photos/broken.png'), 'not a picture')
  writeFileSync(join(cwd, 'one.png'), await picture(5))
})

describe('resfn embed', () => {
  it('writes a vector for each picture that NumPy reads, and the names beside it', async () => {
    const found = await json<{
      readonly file: string
      readonly names: string
      readonly shape: readonly number[]
      readonly images: readonly string[]
      readonly failed: readonly { readonly image: string }[]
    }>('embed', 'photos', ...look, '--out', 'out/v.npy')
    expect(found.shape).toEqual([4, 64])
    expect(found.failed.map(({ image }) => image)).toEqual([join(cwd, 'photos/broken.png')])
    const array = decodeNpy(new Uint8Array(readFileSync(join(cwd, 'out/v.npy'))))
    expect(array).toMatchObject({ right: { dtype: 'F32', shape: [4, 64] } })
    expect(readFileSync(found.names, 'utf8')).toBe(found.images.map((image) => `${image}\n`).join(''))
    // The vector of a picture does not depend on what is in its batch.
    await run('embed', 'photos/row 5.png', ...look, '--out', 'alone.npy')
    const values = (file: string): Float32Array =>
      F.pipe(
        decodeNpy(new Uint8Array(readFileSync(join(cwd, file)))),
        E.flatMap(toFloat32),
        E.getOrElse((): Float32Array => new Float32Array()),
      )
    const at = found.images.findIndex((image) => image.endsWith('row 5.png'))
    const [all, alone] = [values('out/v.npy').subarray(64 * at, 64 * at + 64), values('alone.npy')]
    expect(alone).toHaveLength(64)
    alone.forEach((value, i) => expect(all[i]!).toBeCloseTo(value, 4))
  })

  it('says what is wrong before it looks', async () => {
    expect(await run('embed', ...look)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('say which pictures'),
    })
    expect(await run('embed', 'photos', ...look, '--out', 'v.csv')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('ends in .npy'),
    })
    expect((await run('embed', 'photo', ...look)).stderr).toContain('did you mean photos?')
    const strict = await run('embed', 'photos', ...look, '--out', 'strict.npy', '--strict')
    expect(strict).toMatchObject({ code: 1, stderr: expect.stringContaining('broken.png') })
    expect(existsSync(join(cwd, 'strict.npy'))).toBe(false)
  })
})

describe('resfn similar', () => {
  it('finds the same picture first, with a cosine of 1, on a page of its own', async () => {
    const { nearest, compared } = await json<{
      readonly nearest: readonly { readonly image: string; readonly cosine: number }[]
      readonly compared: number
    }>('similar', 'one.png', 'photos', ...look, '--top', '3', '--out', 'page.html')
    expect([compared, nearest.length]).toEqual([4, 3])
    expect(nearest[0]!.image).toBe(join(cwd, 'photos/row 5.png'))
    expect(nearest[0]!.cosine).toBeCloseTo(1, 5)
    const cosines = nearest.map(({ cosine }) => cosine)
    expect(cosines).toEqual(cosines.toSorted((a, b) => b - a))
    const page = readFileSync(join(cwd, 'page.html'), 'utf8')
    expect(page.match(/src="data:image\/jpeg/g)).toHaveLength(4)
    expect(page).not.toMatch(/(src|href)="(?!data:)/)
  })

  it('leaves the picture itself out, and needs others', async () => {
    const { nearest } = await json<{ readonly nearest: readonly { readonly image: string }[] }>(
      'similar',
      'photos/row 5.png',
      'photos',
      ...look,
    )
    expect(nearest.map(({ image }) => image)).not.toContain(join(cwd, 'photos/row 5.png'))
    expect(await run('similar', 'one.png', ...look)).toMatchObject({ code: 2 })
    expect(await run('similar', 'one.png', 'one.png', ...look)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no other picture'),
    })
    expect(await run('similar', 'photos', 'one.png', ...look)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('give one to compare with'),
    })
  })
})

describe('resfn explain', () => {
  it('writes a picture and its map, for a class and a part by name', async () => {
    const found = await json<{
      readonly layer: string
      readonly class: string
      readonly label: number
      readonly probability: number
      readonly map: { readonly shape: readonly number[]; readonly values: readonly number[] }
    }>('explain', 'one.png', ...look, '--class', 'dog')
    expect(found).toMatchObject({ layer: 'layer3', class: 'dog', label: 1, map: { shape: [4, 4] } })
    expect(found.map.values.every((value) => value >= 0)).toBe(true)
    const { width, height } = await sharp(join(cwd, 'one-explained.png')).metadata()
    // 16 x 16 pixels, enlarged to be seen.
    expect([width, height]).toEqual([224, 224])
    expect(
      await json('explain', 'one.png', ...look, '--class', '2', '--layer', 'layer1.0.conv1', '--out', 'early.png'),
    ).toMatchObject({ class: 'ship', layer: 'layer1.0.conv1', map: { shape: [16, 16] } })
  })

  it.each(['png', 'jpg', 'webp'])('keeps the size of a photo, upright, also as .%s', async (ending) => {
    const data = Uint8Array.from({ length: 300 * 240 * 3 }, (_, i) => (i * 31) % 256)
    const photo = sharp(data, { raw: { width: 300, height: 240, channels: 3 } })
    // Lies on its side: 240 pixels wide and 300 high once it stands.
    writeFileSync(join(cwd, 'side.jpg'), await photo.clone().jpeg().withMetadata({ orientation: 6 }).toBuffer())
    const found = await json<{ readonly size: readonly number[]; readonly place: object }>(
      'explain',
      'side.jpg',
      ...look,
      '--out',
      `side-seen.${ending}`,
    )
    // A net of 16 x 16 that was given weights only sees the whole picture, shrunk to 13 x 16 on black.
    expect(found.size).toEqual([300, 240])
    expect(found.place).toEqual({ top: 0, left: -240 / 13, height: 300, width: (16 * 240) / 13 })
    const shown = sharp(join(cwd, `side-seen.${ending}`))
    expect(await shown.metadata()).toMatchObject({ width: 240, height: 300, format: ending.replace('jpg', 'jpeg') })
  })

  it('names the nearest class and part, and writes nothing then', async () => {
    expect((await run('explain', 'one.png', ...look, '--class', 'dug')).stderr).toContain(
      'there is no class "dug"; did you mean dog',
    )
    expect((await run('explain', 'one.png', ...look, '--layer', 'layr3', '--out', 'no.png')).stderr).toContain(
      'there is no part "layr3"; did you mean layer3',
    )
    expect((await run('explain', 'one.png', ...look, '--layer', 'fc', '--out', 'no.png')).stderr).toContain(
      'fc: it gives [3], but a class activation map needs maps',
    )
    expect(existsSync(join(cwd, 'no.png'))).toBe(false)
    expect(await run('explain', 'photos', ...look)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('explain one at a time'),
    })
    expect(await run('explain', 'one.png', ...look, '--out', 'map.gif')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('give a name that ends in .png, .jpg, .jpeg or .webp'),
    })
  })
})

describe('resfn graph', () => {
  it('gives the parts in the language of Mermaid, with the skips of a block', async () => {
    const { stdout } = await run('graph', 'cifar-resnet8', '--depth', '3')
    expect(stdout).toMatch(/^flowchart TB\n {2}n0\["input<br\/>\[32,32,3\]"\]/)
    expect(stdout.match(/subgraph /g)).toHaveLength(stdout.match(/^ *end$/gm)!.length)
    const { nodes, edges } = await json<{
      readonly nodes: readonly { readonly id: string }[]
      readonly edges: readonly (readonly [string, string])[]
    }>('graph', 'cifar-resnet8', '--depth', '3')
    const known = new Set(nodes.map(({ id }) => id))
    expect(known.size).toBe(nodes.length)
    for (const end of edges.flat()) expect(known.has(end), end).toBe(true)
    expect(edges).toContainEqual(['relu', 'layer1.0:join'])
    expect(edges).toContainEqual(['layer2.0.shortcut', 'layer2.0:join'])
    // Every box but the input takes something.
    expect(new Set(edges.map(([, to]) => to)).size).toBe(nodes.length - 1)
  })

  it.each([
    'lenet-bn',
    'resnet50d',
    'seresnet50',
    'resnetv2_50',
    'densenet121',
    'res2net50_26w_4s',
    'resnest14d',
    'skresnext50_32x4d',
    'bam_resnet50',
    'cifar-resattnet56',
  ])('joins every part of %s', async (name) => {
    const { nodes, edges } = await json<{
      readonly nodes: readonly { readonly id: string }[]
      readonly edges: readonly (readonly [string, string])[]
    }>('graph', name, '--depth', '9')
    expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length)
    expect(new Set(edges.map(([, to]) => to)).size).toBe(nodes.length - 1)
  })

  it('writes a picture, and refuses other files and unknown nets', async () => {
    expect(await run('graph', 'net.safetensors', '--depth', '2', '--out', 'net.svg')).toMatchObject({ code: 0 })
    expect(readFileSync(join(cwd, 'net.svg'), 'utf8')).toMatch(/^<svg [^>]*role="img"[\s\S]*<\/svg>\n$/)
    expect(await run('graph', 'cifar-resnet8', '--out', 'net.png')).toMatchObject({ code: 2 })
    expect((await run('graph', 'cifar-resnet9x')).stderr).toContain('did you mean cifar-resnet9')
  })
})

describe('resfn bench', () => {
  it('measures a net by name and that of a checkpoint', async () => {
    const found = await json<{
      readonly imagesPerSecond: number
      readonly passes: number
      readonly bytes: { readonly weights: number; readonly peak: number }
    }>('bench', '--net', 'net.safetensors', '--batch', '2', '--seconds', '0.05', '--threads', '1')
    expect(found.imagesPerSecond).toBeGreaterThan(0)
    expect(found.passes).toBeGreaterThanOrEqual(3)
    expect(found.bytes.peak).toBeGreaterThan(found.bytes.weights)
    expect(
      await json('bench', '--net', 'cifar-resnet8', '--input', '8x8x3', '--seconds', '0.05', '--threads', '1'),
    ).toMatchObject({ net: 'cifar-resnet8', input: [8, 8, 3], madeReady: true })
  })

  it('names the nearest net', async () => {
    expect(await run('bench', '--net', 'resnet21', '--threads', '1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean'),
    })
  })
})
