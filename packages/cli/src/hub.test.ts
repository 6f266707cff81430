import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadNet } from '@resfn/hub'
import { preprocess } from '@resfn/preprocessing'
import { useBackend } from '@resfn/runtime'
import { decode } from '@resfn/safetensors'
import { type HubFiles, type HubServer, publishedFiles, startHub } from '@resfn/test-utils'
import { softmax, tensor4d } from '@tensorflow/tfjs-core'
import { either as E } from 'fp-ts'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { LiveLine } from './context/context.ts'
import { type Ran, resfn, temporaryFolder } from './fixtures/context.ts'

const id = 'timm/cifar-resnet8-b.test'
const cwd = temporaryFolder()
let files: HubFiles
let hub: HubServer

const env = (changes: Record<string, string> = {}): Record<string, string> => ({
  HF_ENDPOINT: hub.endpoint,
  HF_HUB_CACHE: join(cwd, 'hub'),
  ...changes,
})
const run = (args: readonly string[], changes: Record<string, string> = {}, live?: LiveLine): Promise<Ran> =>
  resfn(args, { cwd, env: env(changes), ...(live !== undefined && { live }) })

const colours = Uint8Array.from({ length: 40 * 50 * 3 }, (_, i) => (i * 7 + (i % 3) * 40) % 256)
type Answer = {
  readonly revision: string | null
  readonly images: readonly {
    readonly predictions: readonly { readonly class: string; readonly probability: number }[]
  }[]
}
const answerOf = ({ stdout, stderr, code }: Ran): Answer => {
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Answer
}

beforeAll(async () => {
  await useBackend('cpu')
  const { 'config.json': config, ...weights } = await publishedFiles('cifar-resnet8-b')
  const named = { ...(JSON.parse(String(config)) as object), label_names: ['cat', 'dog', 'cow'] }
  files = { ...weights, 'config.json': JSON.stringify(named) }
  hub = await startHub({ [id]: files })
  for (const folder of ['published', 'runs']) mkdirSync(join(cwd, folder))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, 'published', name), content)
  const picture = sharp(colours, { raw: { width: 50, height: 40, channels: 3 } })
  writeFileSync(join(cwd, 'photo.png'), await picture.png().toBuffer())
})
afterEach(() => {
  hub.intercept(undefined)
  hub.requests.length = 0
})
afterAll(() => hub.close())

describe('resfn predict --net of a hub', () => {
  it('fetches the net, and says what it says of a picture as the net prepares it', async () => {
    const ran = await run(['predict', 'photo.png', '--net', 'cifar-resnet8-b.test', '--json', '--threads', '1'])
    const loaded = await loadNet(join(cwd, 'published'))()
    if (E.isLeft(loaded)) throw new Error(loaded.left.message)
    const { net, params, state, preprocessing, classes } = loaded.right
    const x = preprocess({ data: colours, width: 50, height: 40, channels: 3 }, preprocessing)
    const expected = [...softmax(net.apply(params, tensor4d(x, [1, 32, 32, 3]), state)).dataSync()]
    const { revision, images } = answerOf(ran)
    expect(revision).toBe(hub.commitOf(id))
    expect(ran.stderr).toMatch(/fetching model\.safetensors \(0\.\d MB\)/)
    expect(images[0]?.predictions).toHaveLength(3)
    for (const { class: name, probability } of images[0]!.predictions)
      expect(probability).toBeCloseTo(expected[classes.indexOf(name)]!, 5)
  })

  it('takes a folder, a commit without a request, and the cache without a network', async () => {
    const from = async (net: string, changes = {}): Promise<Answer['images'][0]['predictions'] | undefined> =>
      answerOf(await run(['predict', net, 'photo.png', '--json', '--threads', '1'], changes)).images[0]?.predictions
    const first = await from('published')
    expect(await from(id)).toEqual(first)
    hub.requests.length = 0
    expect(await from(`${id}@${hub.commitOf(id)}`)).toEqual(first)
    expect(await from(id, { HF_HUB_OFFLINE: '1' })).toEqual(first)
    expect(hub.requests).toEqual([])
  })

  it('shows how far the download is on a terminal, and clears the line', async () => {
    const shown: string[] = []
    const live = { show: (text: string) => void shown.push(text), clear: () => void shown.push('') }
    // A file large enough for more than one change of the line.
    let sent = 0
    const bytes = Buffer.from(files['model.safetensors'] as Uint8Array)
    hub.intercept((request, response) => {
      if (!request.url?.startsWith('/cdn/') || sent++ > 0) return false
      response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 100_000))
      setTimeout(() => response.end(bytes.subarray(100_000)), 200)
      return true
    })
    const { code } = await run(['import', id, '--out', 'live'], { HF_HUB_CACHE: join(cwd, 'hub-live') }, live)
    expect(code).toBe(0)
    expect(shown.some((text) => /^model\.safetensors 0\.\d of 0\.\d MB {2}.* left$/.test(text))).toBe(true)
    expect(shown.at(-1)).toBe('')
  })

  it.each<[string, readonly string[], Record<string, string>, number, RegExp]>([
    [
      'a name that is not there',
      ['resnet18.tv_in2k', 'photo.png'],
      {},
      1,
      /no such repository .*did you mean .*resnet18\.tv_in1k/,
    ],
    [
      'a net without a tag',
      ['resnet50', 'photo.png'],
      {},
      2,
      /give the folder of a run .* or .*resnet50\.tv_in1k.* from the hub/,
    ],
    ['no network', ['me/net', 'photo.png'], { HF_HUB_OFFLINE: '1' }, 1, /is not in .*HF_HUB_OFFLINE is set/],
    ['a run that is not there', ['runs/quik', 'photo.png'], {}, 1, /runs.quik: there is no such file/],
    ['a file that is not there', ['net.safetensors', 'photo.png'], {}, 1, /net\.safetensors: there is no such file/],
    ['an image of the test set', [id, '--index', '3'], {}, 2, /give pictures to this net/],
  ])('tells %s', async (_, args, changes, exitCode, message) => {
    const { code, stderr } = await run(['predict', ...args], changes)
    expect({ code, stderr }).toEqual({ code: exitCode, stderr: expect.stringMatching(message) as string })
  })
})

describe('resfn import of a hub', () => {
  it('makes a checkpoint that knows its classes and its pictures', async () => {
    const { stdout, code } = await run(['import', id, '--out', 'imported', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      file: id,
      net: 'cifar-resnet8-b',
      revision: hub.commitOf(id),
      classes: 3,
    })
    const predictions = async (net: string): Promise<unknown> =>
      answerOf(await run(['predict', 'photo.png', '--net', net, '--json', '--threads', '1'])).images[0]?.predictions
    expect(await predictions('imported')).toEqual(await predictions('published'))
    const checkpoint = decode(new Uint8Array(readFileSync(join(cwd, 'imported', 'checkpoint.safetensors'))))
    expect(E.isRight(checkpoint) && [...checkpoint.right.metadata.values()].join()).toContain(hub.commitOf(id))
  })

  it('draws another head, and takes a folder', async () => {
    const { stdout, code } = await run(['import', 'published', '--classes', '5', '--out', 'five.safetensors'])
    expect(code).toBe(0)
    expect(stdout).toContain('drawn, because the file has another number of classes: params.fc.weight, params.fc.bias')
  })

  it('tells what is missing, and writes nothing', async () => {
    expect(await run(['import', 'runs', '--out', 'x'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/say which net the weights of runs are of: --net NAME/) as string,
    })
    hub.intercept((request, response) => {
      if (!request.url?.startsWith('/cdn/')) return false
      response.writeHead(200).end('cut')
      return true
    })
    const cache = join(cwd, 'other')
    const broken = await run(['import', id, '--out', 'x'], { HF_HUB_CACHE: cache })
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining('ended after 3 of') as string })
    expect(existsSync(join(cwd, 'x'))).toBe(false)
    const left = (readdirSync(cache, { recursive: true }) as string[]).filter((name) => /blobs.[\da-f]{64}/.test(name))
    expect(left).toEqual([expect.stringMatching(/\.part$/)])
  })
})
