import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { scanCacheDir } from '@huggingface/hub'
import { withState } from '@resfn/layer'
import { type HubFiles, type HubServer, publishedFiles, startHub } from '@resfn/test-utils'
import { dispose } from '@resfn/tree'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { either as E } from 'fp-ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type HubError, type LoadedNet, loadNet, type LoadOptions, publishedNet } from './index.ts'

const net = 'lenet-bn'
const id = 'timm/lenet-bn.test'
let files: HubFiles
let hub: HubServer
const folders: string[] = []

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'resfn-hub-'))
  folders.push(folder)
  return folder
}

beforeAll(async () => {
  await tf.setBackend('cpu')
  files = await publishedFiles(net)
  hub = await startHub({ [id]: files })
})
afterEach(() => {
  hub.intercept(undefined)
  hub.requests.length = 0
})
afterAll(async () => {
  await hub.close()
  folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }))
})

const quick = (cache: string): LoadOptions => ({
  endpoint: hub.endpoint,
  cache,
  offline: false,
  stall: 5000,
  attempts: 3,
  pause: 1,
})

const right = <A>(result: E.Either<HubError, A>): A => {
  if (E.isLeft(result)) throw new Error(`${result.left._tag}: ${result.left.message}`)
  return result.right
}
const left = <A>(result: E.Either<HubError, A>): HubError => {
  if (E.isRight(result)) throw new Error('it loaded')
  return result.left
}

/** The logits for one image. */
const answers = ({ net: layer, params, state }: LoadedNet): readonly number[] => {
  const logits = tf.tidy(() => [...withState(layer, state)(params, tf.ones([1, ...layer.input])).dataSync()])
  dispose([params, state])
  return logits
}

/** Everything under a folder but parts of downloads. */
const whole = (folder: string): readonly string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((name) => /blobs.[0-9a-f]+$/.test(name))

describe('loadNet', () => {
  it('fetches a net with its classes and preprocessing, in the layout of the cache', async () => {
    const cache = newFolder()
    const seen: string[] = []
    const loaded = right(
      await loadNet('lenet-bn.test', {
        ...quick(cache),
        onProgress: ({ file, received, total }) => void (received === total && seen.push(file)),
      })(),
    )
    const commit = hub.commitOf(id)
    expect(loaded).toMatchObject({
      name: net,
      classes: ['class 0', 'class 1', 'class 2'],
      revision: commit,
      preprocessing: { size: [28, 28], channels: 1, mean: [0.5], std: [0.25], cropFraction: 0.9, cropMode: 'center' },
    })
    expect(answers(loaded)).toHaveLength(3)
    expect(seen).toEqual(['config.json', 'model.safetensors'])
    const folder = join(cache, 'models--timm--lenet-bn.test')
    expect(readFileSync(join(folder, 'refs', 'main'), 'utf8')).toBe(commit)
    const target = readlinkSync(join(folder, 'snapshots', commit, 'model.safetensors'))
    expect(target).toMatch(/^\.\.[/\\]\.\.[/\\]blobs[/\\][0-9a-f]{64}$/)
    const { repos, warnings } = await scanCacheDir(cache)
    expect(warnings).toEqual([])
    expect(repos).toMatchObject([{ id: { name: id, type: 'model' }, filesCount: 2 }])
  })

  it('asks for nothing where a commit is in the cache, and only for the commit of a branch', async () => {
    const cache = newFolder()
    const first = answers(right(await loadNet(id, quick(cache))()))
    hub.requests.length = 0
    expect(answers(right(await loadNet(id, quick(cache))()))).toEqual(first)
    expect(hub.requests).toEqual([`GET /api/models/${id}/revision/main`])
    hub.requests.length = 0
    const commit = hub.commitOf(id)
    expect(answers(right(await loadNet(`${id}@${commit}`, quick(cache))()))).toEqual(first)
    expect(answers(right(await loadNet(id, { ...quick(cache), revision: commit })()))).toEqual(first)
    expect(answers(right(await loadNet(id, { ...quick(cache), offline: true })()))).toEqual(first)
    expect(hub.requests).toEqual([])
  })

  it('takes a new commit of a branch, keeps the old one, and fetches only what is new', async () => {
    const cache = newFolder()
    const other = 'timm/lenet-bn.moving'
    hub.publish(other, files)
    const old = hub.commitOf(other)
    const first = answers(right(await loadNet(other, quick(cache))()))
    hub.publish(other, {
      ...files,
      'model.safetensors': (await publishedFiles(net, { seed: 1 }))['model.safetensors']!,
    })
    hub.requests.length = 0
    expect(answers(right(await loadNet(other, quick(cache))()))).not.toEqual(first)
    expect(hub.requests.filter((request) => request.includes('/resolve/'))).toEqual([
      `GET /${other}/resolve/${hub.commitOf(other)}/model.safetensors`,
    ])
    expect(answers(right(await loadNet(`${other}@${old}`, { ...quick(cache), offline: true })()))).toEqual(first)
  })

  it('reads a folder, also of PyTorch or in several files', async () => {
    const folder = newFolder()
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    const first = answers(right(await loadNet(folder)()))
    expect(answers(right(await loadNet(id, quick(newFolder()))()))).toEqual(first)
    const { weights } = right(await publishedNet(folder)())
    const index = { weight_map: Object.fromEntries([...weights.keys()].map((key) => [key, 'model-1.safetensors'])) }
    const sharded = {
      'config.json': files['config.json']!,
      'model.safetensors.index.json': JSON.stringify(index),
      'model-1.safetensors': files['model.safetensors']!,
    }
    hub.publish('me/sharded', sharded)
    expect(answers(right(await loadNet('me/sharded', quick(newFolder()))()))).toEqual(first)
  })

  it('goes on with the last commit where the hub does not answer', async () => {
    const cache = newFolder()
    const first = answers(right(await loadNet(id, quick(cache))()))
    hub.intercept((_, response) => (response.writeHead(503).end(), true))
    expect(answers(right(await loadNet(id, quick(cache))()))).toEqual(first)
    expect(left(await loadNet(id, quick(newFolder()))())).toMatchObject({
      _tag: 'Unreachable',
      message: expect.stringContaining('it answered 503, 3 times in a row') as string,
    })
  })

  it('sends the token to the hub and to nobody else', async () => {
    const told: (string | undefined)[] = []
    const elsewhere = await startHub({ [id]: files })
    hub.intercept((request, response) => {
      told.push(request.headers.authorization)
      if (!request.url?.endsWith('model.safetensors')) return false
      response.writeHead(302, { location: `${elsewhere.endpoint}${request.url}` }).end()
      return true
    })
    elsewhere.intercept((request) => (told.push(request.headers.authorization), false))
    dispose(right(await loadNet(id, { ...quick(newFolder()), token: 'secret' })()).params)
    expect(new Set(told.slice(0, -2))).toEqual(new Set(['Bearer secret']))
    expect(told.slice(-2)).toEqual([undefined, undefined])
    await elsewhere.close()
  })

  it('resumes where a download broke off', async () => {
    const cache = newFolder()
    const bytes = Buffer.from(files['model.safetensors'] as Uint8Array)
    let cuts = 0
    hub.intercept((request, response) => {
      if (!request.url?.startsWith('/cdn/') || cuts++ > 0) return false
      response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 50_000))
      // What was written must have arrived before the line breaks.
      setTimeout(() => response.destroy(), 300)
      return true
    })
    expect(answers(right(await loadNet(id, quick(cache))()))).toHaveLength(3)
    expect(hub.requests.some((request) => /^GET \/cdn\/\w+ bytes=50000-$/.test(request))).toBe(true)
  })
})

describe('a hub that', () => {
  const notFound = { 'x-error-code': 'RepoNotFound' }
  it.each<[string, string, number, Record<string, string>, HubError['_tag'], RegExp, number]>([
    ['does not have the repository', 'revision', 404, notFound, 'NotFound', /did you mean .*resnet18\.tv_in1k/, 1],
    ['says so with 401', 'revision', 401, notFound, 'NotFound', /or it is private; did you mean/, 1],
    [
      'does not have the revision',
      'revision',
      404,
      { 'x-error-code': 'RevisionNotFound' },
      'NotFound',
      /no revision "main"/,
      1,
    ],
    [
      'asks for a licence',
      'resolve',
      403,
      { 'x-error-code': 'GatedRepo' },
      'Unauthorised',
      /ask for access on .* and set HF_TOKEN/,
      3,
    ],
    ['asks who is there', 'resolve', 401, {}, 'Unauthorised', /set HF_TOKEN/, 3],
    ['lost a file', 'resolve', 404, {}, 'NotFound', /404/, 3],
    ['fails', 'revision', 500, {}, 'Unreachable', /it answered 500, 3 times in a row/, 3],
    ['fails later', 'resolve', 502, {}, 'Unreachable', /502 Bad Gateway, 3 times in a row/, 5],
    ['answers in another language', 'revision', 200, {}, 'Unreachable', /not that of a hub/, 1],
  ])('%s is told, and nothing is left', async (_, part, status, headers, tag, message, requests) => {
    const cache = newFolder()
    hub.publish('timm/resnet18.tv_in2k', files)
    hub.intercept((request, response) => {
      if (!request.url?.includes(`/${part}/`)) return false
      response.writeHead(status, headers).end('<html></html>')
      return true
    })
    expect(left(await loadNet('resnet18.tv_in2k', quick(cache))())).toMatchObject({
      _tag: tag,
      message: expect.stringMatching(message) as string,
    })
    expect(hub.requests).toHaveLength(requests)
    expect(whole(cache)).toEqual([])
  })

  it.each<[string, (bytes: Buffer) => Buffer, HubError['_tag'], RegExp]>([
    ['other bytes', (bytes) => Buffer.from(bytes).fill(7, 900, 999), 'WrongContent', /SHA-256/],
    ['too few bytes', (bytes) => bytes.subarray(0, 9000), 'Unreachable', /ended after 9000 of/],
  ])('sends %s is told, and nothing is left', async (_, change, tag, message) => {
    const cache = newFolder()
    hub.intercept((request, response) => {
      if (!request.url?.startsWith('/cdn/')) return false
      response.end(change(Buffer.from(files['model.safetensors'] as Uint8Array)))
      return true
    })
    expect(left(await loadNet(id, quick(cache))())).toMatchObject({
      _tag: tag,
      message: expect.stringMatching(message) as string,
    })
    // The config is there, and no weights.
    expect(whole(cache)).toHaveLength(1)
    expect(E.isLeft(await loadNet(id, { ...quick(cache), offline: true })())).toBe(true)
  })

  it('stands still is tried again', async () => {
    let stills = 0
    hub.intercept((request) => request.url?.includes('/revision/') === true && stills++ === 0)
    dispose(right(await loadNet(id, { ...quick(newFolder()), stall: 700 })()).params)
    expect(stills).toBe(2)
  })

  it('says that a file is larger than the disk is told before any byte', async () => {
    const cache = newFolder()
    hub.intercept((request, response) => {
      if (!request.url?.includes('/paths-info/')) return false
      const file = { type: 'file', path: 'config.json', size: 1e18, oid: 'a'.repeat(40) }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify([file]))
      return true
    })
    const error = left(await loadNet(id, quick(cache))())
    expect(error).toMatchObject({
      _tag: 'NoRoom',
      message: expect.stringMatching(/config\.json needs 1000000000000000000 bytes and \d+ are free/) as string,
    })
    expect(hub.requests.filter((request) => request.includes('/resolve/'))).toEqual([])
  })

  it.each([
    ['a commit', 'revision', { id, sha: '../../../etc' }],
    ['a checksum', 'paths-info', [{ type: 'file', path: 'config.json', size: 1, oid: '../../x' }]],
    [
      'a checksum of LFS',
      'paths-info',
      [{ type: 'file', path: 'config.json', size: 1, oid: 'a'.repeat(40), lfs: { oid: '../x', size: 1 } }],
    ],
  ])('sends a path as %s writes nothing outside the cache', async (_, part, answer) => {
    const cache = newFolder()
    hub.intercept((request, response) => {
      if (!request.url?.includes(`/${part}/`)) return false
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
      return true
    })
    expect(left(await loadNet(id, quick(cache))())).toMatchObject({ _tag: 'Unreachable' })
    expect(readdirSync(cache)).toEqual([])
    expect(readdirSync(dirname(cache)).filter((name) => name === 'etc')).toEqual([])
  })
})

describe('a net that is not as it should be', () => {
  const written = (changes: HubFiles): string => {
    const folder = newFolder()
    for (const [name, content] of Object.entries({ ...files, ...changes })) writeFileSync(join(folder, name), content)
    return folder
  }
  const config = (): Record<string, unknown> => JSON.parse(String(files['config.json'])) as Record<string, unknown>
  const withConfig = (changes: Record<string, unknown>): HubFiles => ({
    'config.json': JSON.stringify({ ...config(), ...changes }),
  })

  it.each<[string, () => HubFiles, HubError['_tag'], RegExp]>([
    ['no JSON', () => ({ 'config.json': '{' }), 'WrongConfig', /config\.json: it is not JSON/],
    ['no architecture', () => withConfig({ architecture: undefined }), 'WrongConfig', /architecture: it is missing/],
    ['another architecture', () => withConfig({ architecture: 'lenet_bn' }), 'UnknownNet', /did you mean lenet-bn/],
    ['another head', () => withConfig({ num_classes: 10 }), 'WrongConfig', /num_classes is 10, and the head/],
    [
      'other weights',
      () => withConfig({ architecture: 'resnet18' }),
      'WrongWeights',
      /as resnet18: .* keys are missing/,
    ],
    [
      'an unknown argument',
      () => withConfig({ model_args: { act_layer: 'gelu' } }),
      'WrongConfig',
      /model_args\.act_layer/,
    ],
    ['no file of weights', () => ({ 'model.safetensors': '' }), 'Truncated', /model\.safetensors/],
    [
      'half of its weights',
      () => ({ 'model.safetensors': (files['model.safetensors'] as Uint8Array).subarray(0, 90_000) }),
      'Truncated',
      /the file is cut short/,
    ],
  ])('by %s is told', async (_, changes, tag, message) => {
    const tensors = tf.memory().numTensors
    expect(left(await loadNet(written(changes()))())).toMatchObject({
      _tag: tag,
      message: expect.stringMatching(message) as string,
    })
    expect(tf.memory().numTensors).toBe(tensors)
  })

  it.each<[string, HubError['_tag'], RegExp]>([
    ['./no/such/folder', 'NotFound', /there is no such folder/],
    ['a/b/c', 'InvalidName', /it is not the name of a repository/],
    ['../..', 'NotFound', /it has no config\.json/],
    ['a/..', 'InvalidName', /not the name of a repository/],
    ['timm/resnet18@../../x', 'InvalidName', /not the name of a repository/],
    ['timm/resnet18@v2', 'Offline', /revision v2 is not in .*HF_HUB_OFFLINE is set/],
  ])('%s is told', async (name, tag, message) => {
    const offline = { ...quick(newFolder()), offline: true }
    expect(left(await loadNet(name, offline)())).toMatchObject({
      _tag: tag,
      message: expect.stringMatching(message) as string,
    })
  })
})
