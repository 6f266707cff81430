import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { useBackend } from '@resfn/runtime'
import { type HubFiles, type HubServer, publishedFiles, startHub } from '@resfn/test-utils'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Ran, resfn, temporaryFolder } from './fixtures/context.ts'
import { writeImages } from './fixtures/images.ts'

const id = 'timm/cifar-resnet8-b.test'
const cwd = temporaryFolder()
let hub: HubServer

const run = (args: readonly string[], cache = 'hub'): Promise<Ran> =>
  resfn(args, { cwd, env: { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: join(cwd, cache) } })
const json = async <T>(args: readonly string[], cache?: string): Promise<T> => {
  const { stdout, stderr, code } = await run([...args, '--json'], cache)
  expect({ code, stderr }).toMatchObject({ code: 0 })
  return JSON.parse(stdout) as T
}

const names = ['tabby, tabby cat', 'dog', 'cow', 'ship', 'car', 'horse', 'frog']
const photo = (red: number, green: number, blue: number): Promise<Buffer> =>
  sharp(
    Uint8Array.from({ length: 40 * 50 * 3 }, (_, i) => ([red, green, blue][i % 3]! * ((i * 7) % 256)) / 255),
    { raw: { width: 50, height: 40, channels: 3 } },
  )
    .png()
    .toBuffer()

beforeAll(async () => {
  await useBackend('cpu')
  const { 'config.json': config, ...weights } = await publishedFiles('cifar-resnet8-b', { classes: names.length })
  const named = { ...(JSON.parse(String(config)) as object), label_names: names }
  const files: HubFiles = { ...weights, 'config.json': JSON.stringify(named) }
  hub = await startHub({ [id]: files })
  mkdirSync(join(cwd, 'published'))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, 'published', name), content)
  const colours = { cow: [255, 80, 20], Tabby: [30, 200, 40], ship: [20, 60, 250] } as const
  for (const [folder, [red, green, blue]] of Object.entries(colours)) {
    mkdirSync(join(cwd, 'photos', folder), { recursive: true })
    for (const i of [0, 1, 2])
      writeFileSync(join(cwd, 'photos', folder, `${i}.png`), await photo(red - 9 * i, green, blue - 5 * i))
  }
  writeFileSync(join(cwd, 'photos', 'cow', 'broken.png'), 'not a picture')
  const lines = ['path,label', ...Object.keys(colours).map((folder) => `photos/${folder}/0.png,${folder}`)]
  writeFileSync(join(cwd, 'photos.csv'), `${lines.join('\n')}\n`)
})
afterEach(() => {
  hub.intercept(undefined)
  hub.requests.length = 0
})
afterAll(() => hub.close())

type Evaluated = {
  readonly net: string
  readonly source: string
  readonly revision: string | null
  readonly examples: number
  readonly accuracy: number
  readonly top5: number
  readonly classes: readonly string[]
  readonly labels: readonly number[]
  readonly confusion: readonly (readonly number[])[]
  readonly others: readonly number[]
  readonly perClass: readonly { readonly name: string; readonly examples: number; readonly recall: number }[]
  readonly leftOut: readonly { readonly path: string }[]
}

describe('resfn eval of a published net', () => {
  it('says of all photos of a folder what predict says of each', async () => {
    const found = await json<Evaluated>(['eval', id, '--data', 'photos', '--threads', '1'])
    type Said = {
      readonly images: readonly {
        readonly image: string
        readonly predictions: readonly { readonly label: number }[]
      }[]
    }
    const { images } = await json<Said>(['predict', 'photos', '--net', id, '--top', '7', '--threads', '1'])
    expect(images).toHaveLength(9)
    const labelOf: { readonly [name: string]: number } = { cow: 2, Tabby: 0, ship: 3 }
    const ranks = images.map(({ image, predictions }) =>
      predictions.findIndex(({ label }) => label === labelOf[image.split('/').at(-2)!]),
    )
    const within = (most: number): number => ranks.filter((rank) => rank < most).length / 9
    expect(found).toMatchObject({
      net: 'cifar-resnet8-b',
      checkpoint: null,
      source: id,
      revision: hub.commitOf(id),
      examples: 9,
      classes: ['Tabby', 'cow', 'ship'],
      labels: [0, 2, 3],
      leftOut: [{ path: join(cwd, 'photos/cow/broken.png') }],
    })
    expect([found.accuracy, found.top5]).toEqual([within(1), within(5)])
    found.confusion.forEach((row, at) => {
      expect(row.reduce((sum, said) => sum + said, found.others[at]!)).toBe(3)
      expect(found.perClass[at]).toMatchObject({ name: found.classes[at], examples: 3, recall: row[at]! / 3 })
    })
  })

  it('takes a folder, a manifest and photos for testing only, and tells people', async () => {
    const { stdout, stderr, code } = await run(['eval', 'published', '--data', 'photos.csv', '--threads', '1'])
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stderr).toContain('photos.csv, 3 images of 3 classes from')
    expect(stdout).toMatch(/^cifar-resnet8-b: accuracy 0\.\d{4}, top-5 accuracy \d\.\d{4}, loss .* on 3 test images\n/)
    expect(stdout).toMatch(/ other\n/)
    for (const part of ['train', 'val'])
      for (const name of ['cow', 'ship']) {
        mkdirSync(join(cwd, 'split', part, name), { recursive: true })
        writeFileSync(join(cwd, 'split', part, name, 'a.png'), await photo(part === 'val' ? 200 : 10, 40, 90))
      }
    expect(await json<Evaluated>(['eval', 'published', '--data', 'split', '--threads', '1'])).toMatchObject({
      examples: 2,
      revision: null,
      source: join(cwd, 'published'),
    })
  })

  it('names the classes that the net does not know, before a backend runs', async () => {
    for (const name of ['cow', 'shop']) {
      mkdirSync(join(cwd, 'others', name), { recursive: true })
      writeFileSync(join(cwd, 'others', name, 'a.png'), await photo(9, 40, 90))
    }
    expect(await run(['eval', id, '--data', 'others', '--threads', '1'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /others has a class that cifar-resnet8-b \(timm\/.*\) does not tell apart: shop \(did you mean ship\?\)/,
      ) as string,
    })
    writeImages(join(cwd, 'digits'))
    expect(await run(['eval', id, '--data', 'digits', '--threads', '1'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the net tells 7 classes apart, Fashion-MNIST has 10') as string,
    })
  })

  it('sees the images of a data set as its pictures', async () => {
    const { 'config.json': config, ...weights } = await publishedFiles('lenet-bn', { classes: 10 })
    mkdirSync(join(cwd, 'grey'))
    for (const [name, content] of Object.entries({ ...weights, 'config.json': config! }))
      writeFileSync(join(cwd, 'grey', name), content)
    writeImages(join(cwd, 'digits'))
    expect(await json<Evaluated>(['eval', 'grey', '--data', 'digits', '--threads', '1'])).toMatchObject({
      net: 'lenet-bn',
      examples: 20,
      others: new Array<number>(10).fill(0),
    })
  })
})

describe('a published net', () => {
  it('is summarised and drawn by its config alone', async () => {
    const summary = await json<{ readonly source: string; readonly description: string }>(['summary', id], 'empty')
    expect(summary).toMatchObject({ net: 'cifar-resnet8-b', checkpoint: null, source: id, revision: hub.commitOf(id) })
    expect(summary.description).toContain('7 classes')
    expect((await run(['graph', `${id}@main`], 'empty')).stdout).toMatch(/^flowchart TB/)
    expect(hub.requests.filter((request) => request.includes('safetensors'))).toEqual([])
    expect(await json(['graph', 'published', '--depth', '2'])).toMatchObject({ source: join(cwd, 'published') })
    expect((await run(['summary', 'published'])).stdout).toContain(`${join(cwd, 'published')} (published), 7 classes`)
  })

  it('is explained on the whole photo, with the map where the crop was', async () => {
    type Explained = {
      readonly place: { readonly [side: string]: number }
      readonly map: { readonly shape: readonly number[] }
    }
    writeFileSync(
      join(cwd, 'wide.png'),
      await sharp(await photo(200, 40, 90))
        .resize(500, 300, { fit: 'fill' })
        .png()
        .toBuffer(),
    )
    const found = await json<Explained>(['explain', 'wide.png', '--net', id, '--out', 'wide.webp', '--threads', '1'])
    // 32 of the 35 x 58 pixels that a crop of 0.9 makes of it, in the middle of them.
    expect(found).toMatchObject({ net: 'cifar-resnet8-b', source: id, size: [300, 500], map: { shape: [8, 8] } })
    const [down, across] = [300 / 35, 500 / 58]
    const sides = { top: 2 * down, left: 13 * across, height: 32 * down, width: 32 * across }
    for (const [side, at] of Object.entries(sides)) expect(found.place[side], side).toBeCloseTo(at, 8)
  })

  it('is measured with its weights', async () => {
    const found = await json<{ readonly imagesPerSecond: number }>(
      ['bench', '--net', 'cifar-resnet8-b.test', '--seconds', '0.05', '--threads', '1'],
      'measured',
    )
    expect(found).toMatchObject({ net: 'cifar-resnet8-b', source: id, input: [32, 32, 3] })
    expect(hub.requests.some((request) => request.includes('model.safetensors'))).toBe(true)
  })

  it.each<[readonly string[], number, RegExp]>([
    [
      ['summary', id, '--classes', '3'],
      2,
      /--classes 3: .* has its own classes; name the net instead .*cifar-resnet8-b/,
    ],
    [['graph', 'resnet18.tv_in2k'], 1, /no such repository .*did you mean .*resnet18\.tv_in1k/],
    [['eval', 'publishd', '--data', 'photos'], 1, /publishd: there is no such file; did you mean published\?/],
    [['bench', '--net', './publishd'], 1, /there is no such file; did you mean published\?/],
    [['summary', 'publishd'], 2, /there is no net "publishd"/],
    [['eval', 'resnet18', '--data', 'photos'], 2, /resnet18 is the name of a net, .*resnet18\.a1_in1k/],
    [['eval', id, '--data', 'nowhere'], 1, /nowhere/],
  ])('%j is told', async (args, exitCode, message) => {
    const { code, stderr } = await run(args)
    expect({ code, stderr }).toEqual({ code: exitCode, stderr: expect.stringMatching(message) as string })
  })
})
